-- Changes a service, at the catalogue datacenter, under the catalogue's lock.
-- Parameters: $1 service_id text, $2 price int8, $3 retired bool, $4 now (us) int8. Result: as service_read.
UPDATE service SET price = $2::bigint, retired = $3::boolean, version = version + 1,
    updated_at_us = greatest($4::bigint, updated_at_us)
WHERE service_id = $1::text
RETURNING service_id, name, price, currency, retired, version, created_at_us, updated_at_us
