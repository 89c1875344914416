-- The holder's heartbeat.
-- Parameters: $1 holder text, $2 now (us) int8. Result: none; 0 rows affected: another holds the lease.
UPDATE publisher_lease
SET beat = beat + 1, beat_at_us = $2::bigint
WHERE holder = $1::text AND backend_pid = pg_backend_pid()
