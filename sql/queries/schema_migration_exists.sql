-- Has this database ever been migrated?
-- Parameters: none. Result: one row, boolean.
SELECT to_regclass('schema_migration') IS NOT NULL
