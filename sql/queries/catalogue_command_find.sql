-- What was answered to a command on the catalogue. Parameters: $1 client_no int4, $2 key text.
-- Result: at most one row: kind int2, id text (NULL: left to us), name text, currency text, opening balance or price int8, is
--   it split evenly bool, reason text (NULL: done), opened account_no int8, account_id or service_id text, created_at_us int8.
SELECT c.kind, c.asked_id, c.asked_name, c.asked_currency, c.asked_amount, c.asked_even, c.reason, c.account_no,
    coalesce(a.account_id, c.service_id), c.created_at_us
FROM catalogue_command c
LEFT JOIN account a ON a.account_no = c.account_no
WHERE c.client_no = $1::integer AND c.key = $2::text
