-- Accounts by account_id, from after one on. Parameters: $1 account_id text ('': from the first), $2 limit int4.
-- Result: as account_read.
SELECT account_no, account_id, name, currency, status, version, created_at_us, updated_at_us
FROM account WHERE account_id > $1::text ORDER BY account_id LIMIT $2::integer
