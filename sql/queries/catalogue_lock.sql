-- Takes the catalogue's lock until the transaction ends: its writes are serialised, so that version order is publish
-- order. Always the first lock of a transaction that writes catalogue items.
SELECT pg_advisory_xact_lock(7226, 1)
