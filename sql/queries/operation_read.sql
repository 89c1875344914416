-- One operation of a client: the own row, else what was relayed.
-- Parameters: $1 client_no int4, $2 key text.
-- Result: at most one row: owner text (NULL: here), kind int2, state int2, account_id text, amount int8, currency text,
--   reason text, created_at_us int8, decided_at_us int8, the payee's account_id text, hold_id uuid, expires_at_us int8,
--   service text, price_version int8, original_key text, refunded int8.
SELECT f.owner, f.kind, f.state, coalesce(a.account_id, s.account_id), f.amount, coalesce(a.currency, s.currency), f.reason,
    f.created_at_us, f.decided_at_us, p.account_id, f.hold_id, f.expires_at_us, f.service, f.price_version,
    f.original_key, f.refunded
FROM (
    SELECT 1 AS place, NULL AS owner, kind, state, account_no, amount, reason, created_at_us, decided_at_us, payee_no,
        hold_id, expires_at_us, service, price_version, original_key, refunded
    FROM operation WHERE client_no = $1::integer AND key = $2::text
    UNION ALL
    SELECT 2, owner, kind, state, account_no, amount, reason, created_at_us, decided_at_us, NULL, NULL, NULL, NULL, NULL,
        original_key, NULL
    FROM relay WHERE client_no = $1 AND key = $2
) f
LEFT JOIN account a ON a.account_no = f.account_no
LEFT JOIN share s ON s.account_no = f.account_no
LEFT JOIN share p ON p.account_no = f.payee_no
ORDER BY f.place
LIMIT 1
