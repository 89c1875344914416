-- The next accounts that the sweeper is to look at.
-- Parameters: $1 after this account number int8, $2 how many at most int4. Result, in account order: account_no int8,
-- since_us int8, account_id text, currency text, status int2.
SELECT p.account_no, p.since_us, a.account_id, a.currency, a.status
FROM status_pending p
JOIN account a ON a.account_no = p.account_no
WHERE p.account_no > $1::bigint
ORDER BY p.account_no
LIMIT $2::integer
