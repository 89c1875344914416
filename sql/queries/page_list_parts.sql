-- Which partitions the pages after a number have something for; at most 1000 pages.
-- Parameters: $1 stream text, $2 number int8. Result: number, topic, partition, ordered by number.
SELECT p.number, t.topic, t.partition
FROM (
    SELECT number, topics, partitions
    FROM page
    WHERE stream = $1::text AND number > $2::bigint
    ORDER BY number
    LIMIT 1000
) AS p
CROSS JOIN unnest(p.topics, p.partitions) AS t (topic, partition)
ORDER BY p.number
