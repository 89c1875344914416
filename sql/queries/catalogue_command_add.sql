-- Stores a command on the catalogue with its outcome, under the catalogue's lock.
-- Parameters: $1 client_no int4, $2 key text, $3 account_id text (NULL: left to us), $4 name text, $5 currency text,
--   $6 opening balance int8, $7 is it split evenly bool, $8 reason text (NULL: done), $9 account_no int8 (NULL: refused),
--   $10 now (us) int8. Result: none.
INSERT INTO catalogue_command (client_no, key, asked_account_id, asked_name, asked_currency, asked_balance, asked_even,
                               reason, account_no, created_at_us)
VALUES ($1::integer, $2::text, $3::text, $4::text, $5::text, $6::bigint, $7::boolean, $8::text, $9::bigint, $10::bigint)
