-- Refusals that are too old to be judged any more. Parameters: $1 decided before (us) int8. Result: one row, how many int8.
WITH forgotten AS (DELETE FROM denial WHERE decided_at_us < $1::bigint RETURNING 1)
SELECT count(*) FROM forgotten
