-- One account. Parameters: $1 account_id text.
-- Result: at most one row: account_no int8, account_id text, name text, currency text, status int2, version int8,
--   created_at_us int8, updated_at_us int8.
SELECT account_no, account_id, name, currency, status, version, created_at_us, updated_at_us
FROM account WHERE account_id = $1::text
