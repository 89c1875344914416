-- What the first stored page of a stream from a number on has for each partition, in the order stored.
-- Parameters: $1 stream text, $2 number int8. Result: topic, partition, count, previous page.
SELECT t.topic, t.partition, t.count, t.previous
FROM (
    SELECT topics, partitions, counts, previous
    FROM page
    WHERE stream = $1::text AND number >= $2::bigint
    ORDER BY number
    LIMIT 1
) AS p
CROSS JOIN unnest(p.topics, p.partitions, p.counts, p.previous)
    WITH ORDINALITY AS t (topic, partition, count, previous, place)
ORDER BY t.place
