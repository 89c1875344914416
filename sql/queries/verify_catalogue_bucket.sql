-- The catalogue items of one bucket, for finding which differ. A token's hash takes part, and is not shown.
-- Parameters: $1 bucket int4 (0..255 accounts, 256 clients).
-- Result: number int8, name text (account_id, or the client's name), version int8, content text, by number.
SELECT account_no AS number, 'account ' || account_id AS name, version,
    md5(ROW(account_id, name, currency, status)::text) AS content
FROM account WHERE $1::integer < 256 AND account_no % 256 = $1
UNION ALL
SELECT client_no, 'client ' || name, version, md5(ROW(name, token_hash, role, home, revoked)::text)
FROM client WHERE $1 = 256
ORDER BY number
