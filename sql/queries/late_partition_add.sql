-- Partitions that Kafka does not deliver in time: from now on their pages are read from the table, by us.
-- Parameters: $1 topic text, $2 partitions int4[], $3 their last complete pages int8[], $4 reader text. Result: none.
INSERT INTO late_partition (topic, partition, page, reader, since_us, claimed_at_us)
SELECT $1::text, n.partition, n.page, $4::text, t.now_us, t.now_us
FROM unnest($2::integer[], $3::bigint[]) AS n (partition, page)
CROSS JOIN (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now_us) AS t
ORDER BY n.partition
ON CONFLICT (topic, partition) DO NOTHING
