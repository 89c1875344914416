-- Stores a command on the catalogue with its outcome, under the catalogue's lock.
-- Parameters: $1 client_no int4, $2 key text, $3 account_id text (NULL: left to us), $4 name text, $5 currency text,
--   $6 reason text (NULL: done), $7 account_no int8 (NULL: refused), $8 now (us) int8. Result: none.
INSERT INTO catalogue_command (client_no, key, asked_account_id, asked_name, asked_currency, reason, account_no,
                               created_at_us)
VALUES ($1::integer, $2::text, $3::text, $4::text, $5::text, $6::text, $7::bigint, $8::bigint)
