-- Kafka delivered pages of late partitions in time: these are read from it again.
-- Parameters: $1 topic text, $2 partitions int4[], $3 the last page that came of each int8[]. Result: none.
DELETE FROM late_partition l
USING unnest($2::integer[], $3::bigint[]) AS n (partition, page)
WHERE l.topic = $1::text AND l.partition = n.partition AND l.page < n.page
