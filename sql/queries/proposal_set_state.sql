-- Stops a proposal, or lets it go on. Parameters: $1 proposal_id uuid, $2 its state from now on int2 (2 or 3),
-- $3 client_no int4, $4 now (us) int8. Result: none; one row affected, or none when it is neither RUNNING nor STOPPED.
UPDATE proposal
SET state = $2::smallint, changed_by = $3::integer, changed_at_us = $4::bigint
WHERE proposal_id = $1::uuid AND state IN (2, 3)
