-- One proposal is made, or decided on, at a time: until the end of the transaction. Parameters, result: none.
SELECT pg_advisory_xact_lock(7226, 5)
