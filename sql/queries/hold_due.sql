-- OPEN holds whose time is over. Locks nothing: the engine looks again.
-- Parameters: $1 now (us) int8, $2 limit int4.
-- Result, the longest due first: hold_id uuid, account_no int8, account_id text, currency text.
SELECT w.hold_id, w.account_no, s.account_id, s.currency
FROM open_hold w
JOIN share s ON s.account_no = w.account_no
WHERE w.expires_at_us <= $1::bigint
ORDER BY w.expires_at_us, w.hold_id
LIMIT $2::integer
