-- Gives an account its next status; under the catalogue's lock.
-- Parameters: $1 account_no int8, $2 its present version int8, $3 status int2, $4 now (us) int8. Result: no row when the
-- version is another; else account_id text, name text, currency text, version int8, created_at_us int8, updated_at_us int8.
UPDATE account
SET status = $3::smallint, version = version + 1, updated_at_us = greatest(updated_at_us, $4::bigint)
WHERE account_no = $1::bigint AND version = $2::bigint
RETURNING account_id, name, currency, version, created_at_us, updated_at_us
