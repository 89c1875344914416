-- Accounts that the sweeper is to look at. Whoever changes an account's status does this in the same transaction: since_us
-- moves also where the row is there already, so that the sweeper, which takes rows away, sees that it judged something older.
-- Parameters: $1 account numbers int8[], $2 now (us) int8. Result: none.
INSERT INTO status_pending AS p (account_no, since_us)
SELECT n.account_no, $2::bigint
FROM unnest($1::bigint[]) AS n (account_no)
ORDER BY n.account_no
ON CONFLICT (account_no) DO UPDATE SET since_us = greatest(p.since_us + 1, excluded.since_us)
