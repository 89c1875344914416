-- Gives a new database to its datacenter; never changes a row that is there.
-- Parameters: $1 code text, $2 code of the catalogue datacenter text.
-- Result: none; no row affected when it is taken already.
INSERT INTO local_datacenter (code, catalogue) VALUES ($1::text, $2::text) ON CONFLICT DO NOTHING
