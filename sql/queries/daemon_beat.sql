-- A daemon's sign of life, once a second.
-- Parameters: $1 role text, $2 instance text, $3 pid int4, $4 version text, $5 listen text, $6 started at (us) int8,
--             $7 now (us) int8, $8 detail text (what it is doing, for status), $9 newest migration it knows int4.
-- Result: none; one row affected.
INSERT INTO daemon (role, instance, pid, version, listen, started_at_us, beat_at_us, detail, schema_number)
VALUES ($1::text, $2::text, $3::integer, $4::text, $5::text, $6::bigint, $7::bigint, $8::text, $9::integer)
ON CONFLICT (role, instance) DO UPDATE
SET pid = excluded.pid, version = excluded.version, listen = excluded.listen,
    started_at_us = excluded.started_at_us, beat_at_us = excluded.beat_at_us, detail = excluded.detail,
    schema_number = excluded.schema_number
