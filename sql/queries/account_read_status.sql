-- What the catalogue says of these accounts, as far as they are known here.
-- Parameters: $1 account numbers int8[]. Result: account_no int8, account_id text, currency text, status int2,
-- version int8.
SELECT account_no, account_id, currency, status, version
FROM account
WHERE account_no = ANY ($1::bigint[])
