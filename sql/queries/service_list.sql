-- Services by service_id, from after one on. Parameters: $1 service_id text ('': from the first), $2 limit int4.
-- Result: as service_read.
SELECT service_id, name, price, currency, retired, version, created_at_us, updated_at_us
FROM service WHERE service_id > $1::text ORDER BY service_id LIMIT $2::integer
