-- Opens an account, at the catalogue datacenter, under the catalogue's lock. The number carries the catalogue's incarnation
-- in the bits from 40 up. Parameters: $1 account_id text, $2 name text, $3 currency text, $4 now (us) int8.
-- Result: as account_read; no row: the account_id or the name is taken.
INSERT INTO account (account_no, account_id, name, currency, status, version, created_at_us, updated_at_us)
SELECT (d.incarnation::bigint << 40) + nextval('account_no_seq'), $1::text, $2::text, $3::text, 1, 1, $4::bigint, $4
FROM local_datacenter d
ON CONFLICT DO NOTHING
RETURNING account_no, account_id, name, currency, status, version, created_at_us, updated_at_us
