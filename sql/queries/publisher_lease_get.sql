-- Who holds the lease, and its heartbeat.
-- Parameters: none. Result: holder, beat.
SELECT holder, beat FROM publisher_lease
