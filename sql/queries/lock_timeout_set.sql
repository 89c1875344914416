-- How long a statement of this session waits for a lock, before it gives way to those who queue behind it.
-- Parameters: $1 milliseconds as text; 0: for ever. Result: the same.
SELECT set_config('lock_timeout', $1::text, false)
