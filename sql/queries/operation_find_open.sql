-- Of these accounts the ones that cannot confirm a closing now: money on the share, or something still to come for it here
-- (an operation ACCEPTED or WAITING, or a relayed one without its RESULT). The last look, through all operations of the
-- account, is spared where its answer would not matter.
-- Parameters: $1 account numbers int8[]. Result: account_no int8.
SELECT s.account_no
FROM share s
LEFT JOIN account a ON a.account_no = s.account_no
WHERE s.account_no = ANY ($1::bigint[])
    AND (s.balance <> 0
         OR (a.status IN (3, 4) AND (s.status <> 4 OR s.account_version <> a.version)
             AND (EXISTS (SELECT FROM operation o WHERE o.account_no = s.account_no AND o.state IN (1, 3))
                  OR EXISTS (SELECT FROM relay r WHERE r.account_no = s.account_no AND r.state = 1))))
