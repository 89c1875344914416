-- 0004: old pages of the streams that are kept whole are merged, so that their number stays small at low rates too.

ALTER TABLE page ADD COLUMN merged_from bigint CONSTRAINT page_merged_from CHECK (merged_from < number);
COMMENT ON COLUMN page.merged_from IS 'Number of the first of the pages that were merged into it; NULL: it is as it was cut.';
