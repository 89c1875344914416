-- Why pay-ins were not accepted: what is stored under their keys, and what is known of their accounts.
-- Parameters: $1 client_no int4[], $2 key text[], $3 account_id text[].
-- Result, one row each in the given order: kind int2 (NULL: nothing under this key), state int2, account_no int8,
--   amount int8, created_at_us int8, decided_at_us int8, reason text, reference text, metadata text, account_id text,
--   currency text; then of the account asked for: account_no int8 (NULL: not known here), currency text, status int2;
--   and of what is stored: facts text, original_key text.
SELECT o.kind, o.state, o.account_no, o.amount, o.created_at_us, o.decided_at_us, o.reason, o.reference, o.metadata,
    coalesce(a.account_id, s.account_id), coalesce(a.currency, s.currency), b.account_no, b.currency, b.status,
    o.facts, o.original_key
FROM unnest($1::integer[], $2::text[], $3::text[]) WITH ORDINALITY AS i (client_no, key, account_id, place)
LEFT JOIN operation o ON o.client_no = i.client_no AND o.key = i.key
LEFT JOIN account a ON a.account_no = o.account_no
LEFT JOIN share s ON s.account_no = o.account_no
LEFT JOIN account b ON b.account_id = i.account_id
ORDER BY i.place
