-- One hold of this datacenter. Parameters: $1 hold_id uuid.
-- Result: at most one row: account_id text, currency text, state int2, amount, captured, placed_at_us, expires_at_us,
-- ended_at_us int8 (NULL: open), client_no int4, key text.
SELECT s.account_id, s.currency, h.state, h.amount, h.captured, h.placed_at_us, h.expires_at_us, h.ended_at_us, h.client_no,
    h.key
FROM hold h
JOIN share s ON s.account_no = h.account_no
WHERE h.hold_id = $1::uuid
