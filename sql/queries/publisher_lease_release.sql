-- Gives the lease back.
-- Parameters: $1 holder text. Result: none.
UPDATE publisher_lease SET holder = '', backend_pid = 0, beat = beat + 1 WHERE holder = $1::text
