-- What has been applied to this database, oldest first.
-- Parameters: none. Result: number int4, name text, checksum bytea.
SELECT number, name, checksum FROM schema_migration ORDER BY number
