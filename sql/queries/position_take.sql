-- Partitions were assigned to us: the fence of each goes up by one, so that whoever owned them before writes no more.
-- Parameters: $1 topic text[], $2 partition int4[], $3 now (us) int8.
-- Result: topic text, partition int4, next_offset int8, fence int8; one row each.
INSERT INTO position AS p (topic, partition, next_offset, fence, updated_at_us)
SELECT n.topic, n.partition, 0, 1, $3::bigint
FROM unnest($1::text[], $2::integer[]) AS n(topic, partition)
ORDER BY n.topic, n.partition
ON CONFLICT (topic, partition) DO UPDATE SET fence = p.fence + 1, updated_at_us = excluded.updated_at_us
RETURNING p.topic, p.partition, p.next_offset, p.fence
