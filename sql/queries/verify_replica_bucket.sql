-- The copies of one datacenter's shares of one bucket.
-- Parameters: $1 dc text, $2 bucket int4 (0..255).
-- Result: account_no int8, account_id text (NULL: not in the catalogue here yet), version int8, content text as
-- verify_share_bucket, by account_no.
SELECT r.account_no, a.account_id, r.version,
    concat_ws(' ', 'balance=' || r.balance, 'held=' || r.held, 'credits_total=' || r.credits_total,
        'debits_total=' || r.debits_total, 'out_total=' || r.out_total, 'in_total=' || r.in_total, 'status=' || r.status,
        'account_version=' || r.account_version) AS content
FROM replicated_share r
LEFT JOIN account a ON a.account_no = r.account_no
WHERE r.dc = $1::text AND r.account_no % 256 = $2::integer
ORDER BY r.account_no
