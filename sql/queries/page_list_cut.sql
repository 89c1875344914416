-- The last page after a number that has something for each partition of a stream.
-- Parameters: $1 stream text, $2 number int8. Result: topic text, partition int4, number int8.
SELECT t.topic, t.partition, max(p.number)
FROM page p
CROSS JOIN unnest(p.topics, p.partitions) AS t (topic, partition)
WHERE p.stream = $1::text AND p.number > $2::bigint
GROUP BY t.topic, t.partition
