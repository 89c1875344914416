-- How many dead letters a selector takes, by state, topic and code, at most 1000 kinds. Parameters: as $1 to $6 of
-- dead_letter_list. Result, the most first: state int2, topic text, code text, letters int8, attempts int8,
-- first_failed_at_us int8, last_failed_at_us int8.
SELECT d.state, d.topic, d.code, count(*), sum(d.attempts)::bigint, min(d.first_failed_at_us), max(d.last_failed_at_us)
FROM dead_letter d
WHERE dead_letter_selected(d, $1::smallint, NULL, $2::text, $3::text, $4::text, $5::bigint, $6::bigint)
GROUP BY 1, 2, 3
ORDER BY 4 DESC, 2, 3, 1
LIMIT 1000
