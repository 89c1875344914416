-- 0021: dead letters that were replayed or parked are removed after a time.

ALTER TABLE dead_letter ADD COLUMN settled_at_us bigint;
COMMENT ON COLUMN dead_letter.settled_at_us IS 'When it was last replayed or parked; NULL: never, or by a program older than this column.';
CREATE INDEX dead_letter_settled ON dead_letter (settled_at_us) WHERE state > 1;
