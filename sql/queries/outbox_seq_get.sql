-- The last number drawn for an outbox row: while it moves, some stream of the outbox may have something new.
-- Parameters: none. Result: number.
SELECT last_value FROM outbox_seq
