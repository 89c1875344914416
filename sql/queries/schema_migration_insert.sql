-- Notes a migration as applied, in its own transaction.
-- Parameters: $1 number int4, $2 name text, $3 SHA-256 of its text bytea, $4 now (us) int8.
-- Result: none; one row affected.
INSERT INTO schema_migration (number, name, checksum, applied_at_us)
VALUES ($1::integer, $2::text, $3::bytea, $4::bigint)
