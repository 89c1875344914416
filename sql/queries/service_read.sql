-- A service. Parameters: $1 service_id text.
-- Result: at most one row: service_id text, name text, price int8, currency text, retired bool, version int8,
--   created_at_us int8, updated_at_us int8.
SELECT service_id, name, price, currency, retired, version, created_at_us, updated_at_us
FROM service WHERE service_id = $1::text
