-- What readers acknowledge by their newest message: it is all that they have. May go down.
-- Parameters, side by side: $1 streams text[], $2 readers text[], $3 topics text[], $4 partitions int4[], $5 pages int8[],
-- $6 records of the next page int4[]; $7 now (us) int8. Result: none.
INSERT INTO reader_ack AS k (stream, reader, topic, partition, page, records, heard_at_us, moved_at_us)
SELECT DISTINCT ON (n.stream, n.reader, n.topic, n.partition)
    n.stream, n.reader, n.topic, n.partition, n.page, n.records, $7::bigint, $7
FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::bigint[], $6::integer[])
    WITH ORDINALITY AS n (stream, reader, topic, partition, page, records, place)
ORDER BY n.stream, n.reader, n.topic, n.partition, n.place DESC
ON CONFLICT (stream, reader, topic, partition) DO UPDATE
SET page = excluded.page, records = excluded.records, heard_at_us = excluded.heard_at_us,
    moved_at_us = CASE WHEN k.page = excluded.page AND k.records >= excluded.records THEN k.moved_at_us ELSE excluded.moved_at_us END
