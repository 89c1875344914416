-- Which of the two is taken already. Parameters: $1 service_id text, $2 name text.
-- Result: one row: service_id bool, name bool.
SELECT EXISTS (SELECT FROM service WHERE service_id = $1::text), EXISTS (SELECT FROM service WHERE name = $2::text)
