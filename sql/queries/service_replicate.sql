-- Services as the catalogue has them; each applies only where its version is higher, or equal to that of a suspect.
-- Parameters: side by side, one for each service: $1 service_id text[], $2 name text[], $3 price int8[], $4 currency text[],
--             $5 retired bool[], $6 version int8[], $7 created_at_us int8[], $8 updated_at_us int8[].
-- Result: place (from 1) int8 of each that is there in the same version with other content, or in another currency.
WITH given AS MATERIALIZED (
    SELECT *
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::boolean[], $6::bigint[], $7::bigint[], $8::bigint[])
         WITH ORDINALITY AS g(service_id, name, price, currency, retired, version, created_at_us, updated_at_us, place)
), before AS MATERIALIZED (
    SELECT g.place, s.name, s.price, s.currency, s.retired, s.version, s.suspect
    FROM given g
    CROSS JOIN LATERAL (SELECT * FROM service s WHERE s.service_id = g.service_id LIMIT 1) s
), changed AS (
    INSERT INTO service AS s (service_id, name, price, currency, retired, version, created_at_us, updated_at_us)
    SELECT service_id, name, price, currency, retired, version, created_at_us, updated_at_us
    FROM given
    ORDER BY place
    ON CONFLICT (service_id) DO UPDATE
    SET name = excluded.name, price = excluded.price, retired = excluded.retired, version = excluded.version,
        updated_at_us = excluded.updated_at_us, suspect = false
    WHERE (s.version < excluded.version OR s.version = excluded.version AND s.suspect) AND s.currency = excluded.currency
)
SELECT g.place
FROM given g
JOIN before b ON b.place = g.place
WHERE b.currency <> g.currency
   OR b.version = g.version AND NOT b.suspect AND (b.name, b.price, b.retired) IS DISTINCT FROM (g.name, g.price, g.retired)
