-- The own shares of one bucket, for finding which differ from their copies.
-- Parameters: $1 bucket int4 (0..255).
-- Result: account_no int8, account_id text, version int8, balance int8, held int8, by account_no.
SELECT account_no, account_id, version, balance, held
FROM share
WHERE version > 0 AND account_no % 256 = $1::integer
ORDER BY account_no
