-- Opens a transaction. Goes first in the round trip of its first statements.
-- Parameters: none. Result: none.
BEGIN
