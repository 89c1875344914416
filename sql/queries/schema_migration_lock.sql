-- One run of migrations at a time: waits for the other. The lock lives until it is given back or the session ends.
-- Parameters: none. Result: one row of nothing.
SELECT pg_advisory_lock(7226, 4)
