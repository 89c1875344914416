-- Writes the holder of the lock into the lease: from its commit on nobody else can store a page.
-- Parameters: $1 holder text, $2 now (us) int8. Result: none; one row affected.
UPDATE publisher_lease
SET holder = $1::text, backend_pid = pg_backend_pid(), beat = beat + 1, beat_at_us = $2::bigint
