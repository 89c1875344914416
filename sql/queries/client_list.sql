-- All clients. Returns: name, client_no, role, home, revoked.
SELECT name, client_no, role, home, revoked FROM client ORDER BY client_no
