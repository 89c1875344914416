-- What sources say they have sent.
-- Parameters, side by side: $1 sources text[], $2 streams text[], $3 topics text[], $4 partitions int4[], $5 pages int8[],
-- $6 said at (us, the source's clock) int8[]. Result: none.
INSERT INTO source_head (source, stream, topic, partition, page, at_us)
SELECT DISTINCT ON (n.source, n.stream, n.topic, n.partition)
    n.source, n.stream, n.topic, n.partition, n.page, n.at_us
FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::bigint[], $6::bigint[])
    WITH ORDINALITY AS n (source, stream, topic, partition, page, at_us, place)
ORDER BY n.source, n.stream, n.topic, n.partition, n.place DESC
ON CONFLICT (source, stream, topic, partition) DO UPDATE SET page = excluded.page, at_us = excluded.at_us
