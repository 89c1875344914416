-- Gives up the open transaction.
-- Parameters: none. Result: none.
ROLLBACK
