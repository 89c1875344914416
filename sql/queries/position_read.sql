-- Where our partitions stand, after a transaction that failed or whose outcome is unknown.
-- Parameters: $1 topic text[], $2 partition int4[].
-- Result: topic text, partition int4, next_offset int8, fence int8.
SELECT p.topic, p.partition, p.next_offset, p.fence
FROM unnest($1::text[], $2::integer[]) AS n(topic, partition)
JOIN position p ON p.topic = n.topic AND p.partition = n.partition
