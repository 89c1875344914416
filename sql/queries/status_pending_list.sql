-- The next accounts that the sweeper is to look at.
-- Parameters: $1 after this account number int8, $2 how many at most int4. Result, in account order: account_no int8,
-- since_us int8, account_id text, currency text, status int2, due bool: the own share may have an entry to make (who waits for
-- others, or for money to go, has none).
SELECT p.account_no, p.since_us, a.account_id, a.currency, a.status,
    s.account_no IS NULL OR CASE
        WHEN a.status IN (1, 2) OR s.status IN (1, 2) THEN s.status <> a.status
        WHEN s.status = 3 THEN s.balance = 0
        ELSE a.status = 3 AND s.account_version <> a.version
    END
FROM status_pending p
JOIN account a ON a.account_no = p.account_no
LEFT JOIN share s ON s.account_no = p.account_no
WHERE p.account_no > $1::bigint
ORDER BY p.account_no
LIMIT $2::integer
