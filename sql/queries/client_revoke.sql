-- Revokes a client's token. $1 name, $2 now (us). Returns the client as client_add does; no row: no such client.
UPDATE client
SET revoked = true, version = version + 1, updated_at_us = $2::bigint
WHERE name = $1::text
RETURNING client_no, name, token_hash, role, home, revoked, version, created_at_us, updated_at_us,
    (SELECT incarnation FROM local_datacenter)
