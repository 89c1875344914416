-- Adds a service, at the catalogue datacenter, under the catalogue's lock. Parameters: $1 service_id text, $2 name text,
-- $3 price int8, $4 currency text, $5 now (us) int8. Result: as service_read; no row: the service_id or the name is taken.
INSERT INTO service (service_id, name, price, currency, version, created_at_us, updated_at_us)
VALUES ($1::text, $2::text, $3::bigint, $4::text, 1, $5::bigint, $5)
ON CONFLICT DO NOTHING
RETURNING service_id, name, price, currency, retired, version, created_at_us, updated_at_us
