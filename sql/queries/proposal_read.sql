-- One proposal. Parameters: $1 proposal_id uuid, $2 now (us) int8.
-- Result: proposal_id uuid, kind int2, state int2 (6: EXPIRED), from_state int2, ids text, code text, topic text,
-- account_id text, failed_from_us int8, failed_to_us int8, letters int4, moved int4, rate_per_s int4, window_from int2,
-- window_to int2, four_eyes bool, reason text, proposed_at_us int8, expires_at_us int8, client_no int4, proposed_by text,
-- decided_by text, decided_at_us int8, decision_reason text, changed_by text, changed_at_us int8, ended_at_us int8,
-- key text.
SELECT p.proposal_id, p.kind,
    CASE WHEN p.state = 1 AND p.expires_at_us <= $2::bigint THEN 6::smallint ELSE p.state END,
    p.from_state, p.ids::text, p.code, p.topic, p.account_id, p.failed_from_us, p.failed_to_us, p.letters, p.moved, p.rate_per_s,
    p.window_from, p.window_to, p.four_eyes, p.reason, p.proposed_at_us, p.expires_at_us,
    p.client_no, (SELECT name FROM client WHERE client_no = p.client_no),
    (SELECT name FROM client WHERE client_no = p.decided_by), p.decided_at_us, p.decision_reason,
    (SELECT name FROM client WHERE client_no = p.changed_by), p.changed_at_us, p.ended_at_us, p.key
FROM proposal p
WHERE p.proposal_id = $1::uuid
