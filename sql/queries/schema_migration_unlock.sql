-- Gives back the lock of schema_migration_lock.
-- Parameters: none. Result: had it (boolean).
SELECT pg_advisory_unlock(7226, 4)
