-- Adds a client. $1 name, $2 token hash (32 bytes), $3 role, $4 home, $5 now (us).
-- Returns: client_no, name, token_hash, role, home, revoked, version, created_at_us, updated_at_us, incarnation.
INSERT INTO client (client_no, name, token_hash, role, home, version, created_at_us, updated_at_us)
VALUES (nextval('client_no_seq')::integer, $1::text, $2::bytea, $3::smallint, $4::text, 1, $5::bigint, $5)
RETURNING client_no, name, token_hash, role, home, revoked, version, created_at_us, updated_at_us,
    (SELECT incarnation FROM local_datacenter)
