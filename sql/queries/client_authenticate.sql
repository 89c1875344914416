-- Whose token this is. Parameters: $1 SHA-256 of the token bytea.
-- Result: client_no int4, role int2, home text; no row: nobody's, or revoked.
SELECT client_no, role, home FROM client WHERE token_hash = $1::bytea AND NOT revoked
