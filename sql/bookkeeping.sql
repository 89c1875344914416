-- What a database knows about its own migrations: made before the first one, by `geobill migrate`.
CREATE TABLE IF NOT EXISTS schema_migration (
    number        integer PRIMARY KEY,
    name          text    NOT NULL UNIQUE,
    checksum      bytea   NOT NULL CHECK (length(checksum) = 32),
    applied_at_us bigint  NOT NULL
);
COMMENT ON TABLE schema_migration IS 'Migrations applied to this database.';
COMMENT ON COLUMN schema_migration.number IS 'Number of the migration, from its file name.';
COMMENT ON COLUMN schema_migration.name IS 'Name of the file in sql/migrations, without .sql: ends in .move or .contract when that is its stage, else it expands.';
COMMENT ON COLUMN schema_migration.checksum IS 'SHA-256 of the text that was applied.';
COMMENT ON COLUMN schema_migration.applied_at_us IS 'When it was applied.';
