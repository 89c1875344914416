-- The own shares of one bucket, for finding which differ from their copies.
-- Parameters: $1 bucket int4 (0..255).
-- Result: account_no int8, account_id text, version int8, content text, by account_no.
SELECT account_no, account_id, version,
    concat_ws(' ', 'balance=' || balance, 'held=' || held, 'credits_total=' || credits_total,
        'debits_total=' || debits_total, 'out_total=' || out_total, 'in_total=' || in_total, 'status=' || status,
        'account_version=' || account_version) AS content
FROM share
WHERE version > 0 AND account_no % 256 = $1::integer
ORDER BY account_no
