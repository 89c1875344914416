-- Readers were heard of.
-- Parameters, side by side: $1 codes text[], $2 incarnations int4[], $3 sent at (us) int8[]; $4 now (us) int8. Result: none.
INSERT INTO reader (reader, incarnation, sent_at_us, heard_at_us)
SELECT n.reader, n.incarnation, n.sent_at_us, $4::bigint
FROM unnest($1::text[], $2::integer[], $3::bigint[]) AS n (reader, incarnation, sent_at_us)
ORDER BY n.reader
ON CONFLICT (reader) DO UPDATE
SET incarnation = excluded.incarnation, sent_at_us = excluded.sent_at_us, heard_at_us = excluded.heard_at_us
