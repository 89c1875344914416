-- What is committed at this moment: the end of the windows that are read next.
-- Parameters: none. Result: the snapshot as text.
SELECT pg_current_snapshot()::text
