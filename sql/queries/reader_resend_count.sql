-- Counts goings back. Only the holder of the lease can.
-- Parameters: $1 stream text; side by side: $2 readers text[], $3 topics text[], $4 partitions int4[], $5 how often more
-- int8[], $6 from page int8[], $7 when (us) int8[]; $8 holder of the lease text.
-- Result: none; 0 rows affected: another holds the lease.
INSERT INTO reader_resend AS k (stream, reader, topic, partition, resends, from_page, at_us)
SELECT $1::text, n.reader, n.topic, n.partition, n.more, n.from_page, n.at_us
FROM unnest($2::text[], $3::text[], $4::integer[], $5::bigint[], $6::bigint[], $7::bigint[])
    AS n (reader, topic, partition, more, from_page, at_us)
WHERE EXISTS (SELECT FROM publisher_lease WHERE holder = $8::text)
ORDER BY n.reader, n.topic, n.partition
ON CONFLICT (stream, reader, topic, partition) DO UPDATE
SET resends = k.resends + excluded.resends, from_page = excluded.from_page, at_us = excluded.at_us
