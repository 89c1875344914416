-- The partitions of a topic that are read from the table.
-- Parameters: $1 topic text. Result: partition int4, page int8, reader text, age of its claim (us) int8.
SELECT partition, page, reader, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - claimed_at_us
FROM late_partition
WHERE topic = $1::text
ORDER BY partition
