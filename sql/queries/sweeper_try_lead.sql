-- Becomes the one sweeper of this datacenter, for as long as the connection lives.
-- Parameters: none. Result: one row: bool, whether it is us.
SELECT pg_try_advisory_lock(7226, 2)
