-- Accounts that the sweeper is to look at.
-- Parameters: $1 account numbers int8[], $2 now (us) int8. Result: none.
INSERT INTO status_pending (account_no, since_us)
SELECT n.account_no, $2::bigint
FROM unnest($1::bigint[]) AS n (account_no)
ORDER BY n.account_no
ON CONFLICT (account_no) DO NOTHING
