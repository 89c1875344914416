-- Proposals, the newest first. Parameters: $1 before proposal_id uuid (NULL: from the newest), $2 now (us) int8,
-- $3 state int2 (0: any; 6: EXPIRED), $4 limit int4. Result: as proposal_read.
SELECT *
FROM (
SELECT p.proposal_id, p.kind,
    CASE WHEN p.state = 1 AND p.expires_at_us <= $2::bigint THEN 6::smallint ELSE p.state END,
    p.from_state, p.ids::text, p.code, p.topic, p.account_id, p.failed_from_us, p.failed_to_us, p.letters, p.moved, p.rate_per_s,
    p.window_from, p.window_to, p.four_eyes, p.reason, p.proposed_at_us, p.expires_at_us,
    p.client_no, (SELECT name FROM client WHERE client_no = p.client_no),
    (SELECT name FROM client WHERE client_no = p.decided_by), p.decided_at_us, p.decision_reason,
    (SELECT name FROM client WHERE client_no = p.changed_by), p.changed_at_us, p.ended_at_us, p.key
FROM proposal p
WHERE ($1::uuid IS NULL OR p.proposal_id < $1::uuid)
) AS shown (proposal_id, kind, state)
WHERE $3::smallint = 0 OR shown.state = $3::smallint
ORDER BY shown.proposal_id DESC
LIMIT $4::integer
