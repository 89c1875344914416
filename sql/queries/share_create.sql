-- Makes the empty shares that are missing, in account order, from what messages say; not where the catalogue says
-- otherwise.
-- Parameters: $1 account numbers int8[], $2 account ids text[], $3 currencies text[], side by side. Result: none.
INSERT INTO share (account_no, account_id, currency)
SELECT n.account_no, n.account_id, n.currency
FROM unnest($1::bigint[], $2::text[], $3::text[]) AS n (account_no, account_id, currency)
WHERE NOT EXISTS (SELECT FROM account a WHERE a.account_no = n.account_no
                  AND (a.account_id <> n.account_id OR a.currency <> n.currency))
    AND NOT EXISTS (SELECT FROM account a WHERE a.account_id = n.account_id AND a.account_no <> n.account_no)
ORDER BY n.account_no
ON CONFLICT (account_no) DO NOTHING
