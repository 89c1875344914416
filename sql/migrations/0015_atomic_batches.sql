-- 0015: atomic batches: which one an operation was decided in.

ALTER TABLE operation ADD COLUMN batch_id uuid;
COMMENT ON COLUMN operation.batch_id IS 'The atomic batch that it was decided in, all of it or none; NULL: none.';
