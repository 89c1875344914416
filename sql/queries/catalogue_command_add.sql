-- Stores a command on the catalogue with its outcome, under the catalogue's lock.
-- Parameters: $1 client_no int4, $2 key text, $3 kind int2, $4 id text (NULL: left to us), $5 name text, $6 currency text,
--   $7 opening balance or price int8, $8 is it split evenly bool, $9 reason text (NULL: done), $10 account_no int8, $11
--   service_id text (NULL both when refused), $12 now (us) int8. Result: none.
INSERT INTO catalogue_command (client_no, key, kind, asked_id, asked_name, asked_currency, asked_amount, asked_even, reason,
                               account_no, service_id, created_at_us)
VALUES ($1::integer, $2::text, $3::smallint, $4::text, $5::text, $6::text, $7::bigint, $8::boolean, $9::text, $10::bigint,
        $11::text, $12::bigint)
