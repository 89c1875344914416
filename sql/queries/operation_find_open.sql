-- Of these accounts the ones for which something is still to come here: an operation ACCEPTED or WAITING, or a relayed one
-- without its RESULT.
-- Parameters: $1 account numbers int8[]. Result: account_no int8.
SELECT a.account_no
FROM unnest($1::bigint[]) AS a (account_no)
WHERE EXISTS (SELECT FROM operation o WHERE o.account_no = a.account_no AND o.state IN (1, 3))
    OR EXISTS (SELECT FROM relay r WHERE r.account_no = a.account_no AND r.state = 1)
