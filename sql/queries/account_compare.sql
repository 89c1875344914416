-- What is known of accounts by their number or their id.
-- Parameters: side by side: $1 account_no int8[], $2 account_id text[], $3 currency text[].
-- Result: place (from 1) int8, same bool: everything agrees. No row for an account not known yet.
SELECT g.place, a.account_no = g.account_no AND a.account_id = g.account_id AND a.currency = g.currency
FROM unnest($1::bigint[], $2::text[], $3::text[]) WITH ORDINALITY AS g(account_no, account_id, currency, place)
CROSS JOIN LATERAL (
    (SELECT * FROM account a WHERE a.account_no = g.account_no LIMIT 1)
    UNION ALL
    (SELECT * FROM account a WHERE a.account_id = g.account_id AND a.account_no <> g.account_no LIMIT 1)
) a
