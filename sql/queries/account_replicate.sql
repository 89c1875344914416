-- Accounts as the catalogue has them; each applies only where its version is higher, or equal to that of a suspect. An account whose status changed is
-- put before the sweeper, so that the own share follows; one that closes also when it did before: each closing (version)
-- is confirmed anew.
-- Parameters: side by side, one for each account: $1 account_no int8[], $2 account_id text[], $3 name text[],
--             $4 currency text[], $5 status int2[], $6 version int8[], $7 created_at_us int8[], $8 updated_at_us int8[];
--             $9 now (us) int8.
-- Result: place (from 1) int8 of each that is there in the same version with other content.
-- (No CTE is joined with another: without hash joins that takes the square of their rows.)
WITH given AS MATERIALIZED (
    SELECT g.*, a.name AS name_before, a.status AS status_before, a.version AS version_before, a.suspect
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::smallint[], $6::bigint[], $7::bigint[],
                $8::bigint[])
         WITH ORDINALITY
         AS g(account_no, account_id, name, currency, status, version, created_at_us, updated_at_us, place)
    LEFT JOIN LATERAL (SELECT * FROM account a WHERE a.account_no = g.account_no LIMIT 1) a ON true
), changed AS (
    INSERT INTO account AS a (account_no, account_id, name, currency, status, version, created_at_us, updated_at_us)
    SELECT account_no, account_id, name, currency, status, version, created_at_us, updated_at_us
    FROM given
    ORDER BY place
    ON CONFLICT (account_no) DO UPDATE
    SET name = excluded.name, status = excluded.status, version = excluded.version,
        updated_at_us = excluded.updated_at_us, suspect = false
    WHERE a.version < excluded.version OR a.version = excluded.version AND a.suspect
    RETURNING a.account_no, a.status
), pending AS (
    INSERT INTO status_pending AS p (account_no, since_us)
    SELECT c.account_no, $9::bigint
    FROM changed c
    WHERE c.status = 3
       OR c.account_no IN (SELECT account_no FROM given WHERE status <> coalesce(status_before, 1))
    ORDER BY c.account_no
    ON CONFLICT (account_no) DO UPDATE SET since_us = greatest(p.since_us + 1, excluded.since_us)
)
SELECT place
FROM given
WHERE version_before = version AND NOT suspect AND (name_before, status_before) IS DISTINCT FROM (name, status)
