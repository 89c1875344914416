-- Clients as the catalogue has them; each applies only where its version is higher, or equal to that of a suspect.
-- Parameters: side by side, one for each client: $1 client_no int4[], $2 name text[], $3 token_hash bytea[],
--             $4 role int2[], $5 home text[], $6 revoked bool[], $7 version int8[], $8 created_at_us int8[],
--             $9 updated_at_us int8[].
-- Result: place (from 1) int8 of each that is there in the same version with other content, or with another home.
WITH given AS MATERIALIZED (
    SELECT *
    FROM unnest($1::integer[], $2::text[], $3::bytea[], $4::smallint[], $5::text[], $6::boolean[], $7::bigint[],
                $8::bigint[], $9::bigint[])
         WITH ORDINALITY
         AS g(client_no, name, token_hash, role, home, revoked, version, created_at_us, updated_at_us, place)
), before AS MATERIALIZED (
    SELECT g.place, c.name, c.token_hash, c.role, c.home, c.revoked, c.version, c.suspect
    FROM given g
    CROSS JOIN LATERAL (SELECT * FROM client c WHERE c.client_no = g.client_no LIMIT 1) c
), changed AS (
    INSERT INTO client AS c (client_no, name, token_hash, role, home, revoked, version, created_at_us, updated_at_us)
    SELECT client_no, name, token_hash, role, home, revoked, version, created_at_us, updated_at_us
    FROM given
    ORDER BY place
    ON CONFLICT (client_no) DO UPDATE
    SET name = excluded.name, token_hash = excluded.token_hash, role = excluded.role, revoked = excluded.revoked,
        version = excluded.version, updated_at_us = excluded.updated_at_us, suspect = false
    WHERE (c.version < excluded.version OR c.version = excluded.version AND c.suspect) AND c.home = excluded.home
)
SELECT g.place
FROM given g
JOIN before b ON b.place = g.place
WHERE b.home <> g.home
   OR b.version = g.version AND NOT b.suspect AND (b.name, b.token_hash, b.role, b.revoked)
                                IS DISTINCT FROM (g.name, g.token_hash, g.role, g.revoked)
