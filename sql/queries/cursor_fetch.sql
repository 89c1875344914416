-- The next rows of the cursor `backlog`; it closes with its transaction.
-- Parameters: none. Result: as its opening says.
FETCH 5000 FROM backlog
