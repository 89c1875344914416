-- The proposal that a client has made under a key. Parameters: $1 client_no int4, $2 now (us) int8, $3 key text.
-- Result: as proposal_read.
SELECT p.proposal_id, p.kind,
    CASE WHEN p.state = 1 AND p.expires_at_us <= $2::bigint THEN 6::smallint ELSE p.state END,
    p.from_state, p.ids::text, p.code, p.topic, p.account_id, p.failed_from_us, p.failed_to_us, p.letters, p.moved, p.rate_per_s,
    p.window_from, p.window_to, p.four_eyes, p.reason, p.proposed_at_us, p.expires_at_us,
    p.client_no, (SELECT name FROM client WHERE client_no = p.client_no),
    (SELECT name FROM client WHERE client_no = p.decided_by), p.decided_at_us, p.decision_reason,
    (SELECT name FROM client WHERE client_no = p.changed_by), p.changed_at_us, p.ended_at_us, p.key
FROM proposal p
WHERE p.client_no = $1::integer AND p.key = $3::text
