-- Commits the open transaction. When the connection dies here, the outcome is unknown.
-- Parameters: none. Result: none.
COMMIT
