-- Changes an account's status, at the catalogue datacenter, under the catalogue's lock.
-- Parameters: $1 account_no int8, $2 status int2, $3 now (us) int8. Result: as account_read.
UPDATE account SET status = $2::smallint, version = version + 1, updated_at_us = greatest($3::bigint, updated_at_us)
WHERE account_no = $1::bigint
RETURNING account_no, account_id, name, currency, status, version, created_at_us, updated_at_us
