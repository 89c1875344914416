-- Approves or refuses a proposal. Parameters: $1 proposal_id uuid, $2 its state from now on int2 (2 or 5),
-- $3 client_no int4, $4 now (us) int8, $5 why text. Result: none; one row affected, or none when it is not PROPOSED.
UPDATE proposal
SET state = $2::smallint, decided_by = $3::integer, decided_at_us = $4::bigint, decision_reason = $5::text
WHERE proposal_id = $1::uuid AND state = 1
