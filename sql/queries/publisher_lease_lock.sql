-- Tries to become the one publisher: the lock lives as long as this session.
-- Parameters: none. Result: got it (boolean).
SELECT pg_try_advisory_lock(hashtextextended('geobill.publisher', 0))
