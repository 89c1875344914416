-- As operation_repeats, for pay-ins and refunds whose keys are owned elsewhere.
-- Parameters: $1 client_no int4[], $2 key text[], $3 account_id text[].
-- Result: as operation_repeats.
SELECT r.kind, r.state, r.account_no, r.amount, r.created_at_us, r.decided_at_us, r.reason, r.reference, r.metadata,
    coalesce(a.account_id, s.account_id), coalesce(a.currency, s.currency), b.account_no, b.currency, b.status,
    NULL::text, r.original_key
FROM unnest($1::integer[], $2::text[], $3::text[]) WITH ORDINALITY AS i (client_no, key, account_id, place)
LEFT JOIN relay r ON r.client_no = i.client_no AND r.key = i.key
LEFT JOIN account a ON a.account_no = r.account_no
LEFT JOIN share s ON s.account_no = r.account_no
LEFT JOIN account b ON b.account_id = i.account_id
ORDER BY i.place
