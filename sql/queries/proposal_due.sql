-- RUNNING proposals, the oldest first, at most 16. Parameters: none.
-- Result: proposal_id uuid, kind int2, rate_per_s int4, window_from int2, window_to int2 (both NULL: always).
SELECT proposal_id, kind, rate_per_s, window_from, window_to
FROM proposal
WHERE state = 2
ORDER BY proposed_at_us
LIMIT 16
