-- The catalogue items of one bucket, for finding which differ. A token's hash takes part, and is not shown.
-- Parameters: $1 bucket int4 (0..255 accounts, 256 clients, 257 services).
-- Result: number int8 (of a service a hash of its id), name text (account_id, or the client's name), version int8, content text, by number.
SELECT account_no AS number, 'account ' || account_id AS name, version,
    md5(ROW(account_id, name, currency, status)::text) AS content
FROM account WHERE $1::integer < 256 AND account_no % 256 = $1
UNION ALL
SELECT client_no, 'client ' || name, version, md5(ROW(name, token_hash, role, home, revoked)::text)
FROM client WHERE $1 = 256
UNION ALL
SELECT hashtextextended(service_id, 0), 'service ' || service_id, version,
    md5(ROW(service_id, name, price, currency, retired)::text)
FROM service WHERE $1 = 257
ORDER BY number
