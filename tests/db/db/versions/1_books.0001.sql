-- 300 accounts with a share and a pay-in each, some blocked; every tenth has given to dc2.
INSERT INTO account (account_no, account_id, name, currency, status, version, created_at_us, updated_at_us)
SELECT n, 'a' || n, 'Account ' || n, 'EUR', CASE WHEN n % 50 = 0 THEN 2 ELSE 1 END, 1 + (n % 50 = 0)::integer, 1, 2
FROM generate_series(1, 300) n;
INSERT INTO client (client_no, name, token_hash, role, home, version, created_at_us, updated_at_us)
SELECT n, 'client ' || n, sha256(n::text::bytea), n, 'dc1', 1, 1, 1 FROM generate_series(1, 4) n;
INSERT INTO status_pending (account_no, since_us) VALUES (50, 1);
INSERT INTO share (account_no, account_id, currency, status, account_version, updated_at_us)
SELECT account_no, account_id, currency, status, version, 10 FROM account;
SELECT pg_temp.enter(n, 1, 1000 + n, 'in' || n, NULL), pg_temp.enter(n, 1, 7, 'more' || n, NULL)
FROM generate_series(1, 300) n;
SELECT pg_temp.enter(n, 3, 20, NULL, 'dc2') FROM generate_series(10, 300, 10) n;
UPDATE share_link SET peer_in_total = out_total;
INSERT INTO operation (client_no, kind, state, key, account_no, amount, created_at_us, decided_at_us, reference, metadata)
SELECT client_no, 1, 2, key, account_no, amount, 1, created_at_us, NULL, '{"n":1}' FROM ledger WHERE kind = 1;
INSERT INTO operation (client_no, kind, state, key, account_no, amount, created_at_us, seq, reason)
SELECT 1, 1, CASE WHEN n % 2 = 0 THEN 1 ELSE 5 END, 'open' || n, n, 3, 1, nextval('operation_seq'),
    CASE WHEN n % 2 = 1 THEN 'ACCOUNT_CLOSED' END
FROM generate_series(1, 40) n;
INSERT INTO overdue (client_no, key, asked_by, account_no, since_us) VALUES (1, 'open2', 'dc1', 2, 1);
INSERT INTO relay (client_no, kind, state, key, owner, account_no, amount, created_at_us)
SELECT 1, 1, 1 + n % 2, 'dc2:relayed' || n, 'dc2', n, 5, 1 FROM generate_series(1, 20) n;
