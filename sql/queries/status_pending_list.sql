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
-- LIMIT 1 keeps it a look-up per row, whatever the planner believes of the number of rows.
CROSS JOIN LATERAL (SELECT * FROM account a WHERE a.account_no = p.account_no LIMIT 1) AS a
LEFT JOIN LATERAL (SELECT * FROM share s WHERE s.account_no = p.account_no LIMIT 1) AS s ON true
WHERE p.account_no > $1::bigint
ORDER BY p.account_no
LIMIT $2::integer
