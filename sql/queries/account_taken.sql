-- Which of the two is taken already. Parameters: $1 account_id text, $2 name text.
-- Result: one row: account_id bool, name bool.
SELECT EXISTS (SELECT FROM account WHERE account_id = $1::text), EXISTS (SELECT FROM account WHERE name = $2::text)
