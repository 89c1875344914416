-- Writes down how far a stream was cut and sent. Only the holder of the lease can.
-- Parameters: $1 stream text, $2 topics text[], $3 partitions int4[], $4 cut int8[], $5 sent int8[], $6 as of page int8,
-- $7 now (us) int8, $8 holder of the lease text, $9 sent again from page int8[]. Result: none; 0 rows affected: another holds the lease.
INSERT INTO stream_sent (stream, topic, partition, cut, sent, as_of, at_us, again)
SELECT $1::text, t.topic, t.partition, t.cut, t.sent, $6::bigint, $7::bigint, t.again
FROM unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[], $9::bigint[]) AS t (topic, partition, cut, sent, again)
WHERE EXISTS (SELECT FROM publisher_lease WHERE holder = $8::text)
ON CONFLICT (stream, topic, partition) DO UPDATE
SET cut = excluded.cut, sent = excluded.sent, as_of = excluded.as_of, at_us = excluded.at_us,
    again = excluded.again
