-- 0020: which migrations a daemon's program knows, so that nothing is removed that one at work still uses.

ALTER TABLE daemon ADD COLUMN schema_number integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN daemon.schema_number IS 'Number of the newest migration that its program knows; 0: the program is older than this column.';
