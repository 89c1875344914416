-- Holds: open, captured, voided, expired; and transfers.
CREATE TEMPORARY TABLE placed AS
SELECT n, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid AS id,
    CASE n % 4 WHEN 3 THEN 12 ELSE 253402300799999999 END AS expires_at_us
FROM generate_series(101, 140) n;
SELECT pg_temp.enter(n, 6, 40, 'hold' || n, NULL) FROM placed;
SELECT pg_temp.enter(n, 7, 30, 'capture' || n, NULL), pg_temp.enter(n, 10, 10, 'capture' || n, NULL) FROM placed WHERE n % 4 = 1;
SELECT pg_temp.enter(n, 8, 40, 'void' || n, NULL) FROM placed WHERE n % 4 = 2;
SELECT pg_temp.enter(n, 9, 40, 'hold' || n, NULL) FROM placed WHERE n % 4 = 3;
INSERT INTO hold (hold_id, account_no, amount, captured, placed_at_us, expires_at_us, ended_at_us, client_no, state, key)
SELECT id, n, 40, CASE n % 4 WHEN 1 THEN 30 ELSE 0 END, e.created_at_us, expires_at_us,
    (SELECT max(created_at_us) FROM ledger l WHERE l.account_no = n AND l.kind IN (8, 9, 10)), 1, 1 + n % 4, e.key
FROM placed JOIN ledger e ON e.account_no = n AND e.kind = 6;
INSERT INTO open_hold (expires_at_us, hold_id, account_no) SELECT expires_at_us, hold_id, account_no FROM hold WHERE state = 1;
INSERT INTO operation (client_no, kind, state, key, account_no, amount, created_at_us, hold_id, expires_at_us)
SELECT 1, 3, 6, 'hold' || n, n, 40, 1, id, expires_at_us FROM placed
UNION ALL SELECT 1, 4, 4, 'capture' || n, n, 30, 1, id, NULL FROM placed WHERE n % 4 = 1
UNION ALL SELECT 1, 5, 7, 'void' || n, n, 40, 1, id, NULL FROM placed WHERE n % 4 = 2;
SELECT pg_temp.enter(n, 11, 11, 'move' || n, NULL), pg_temp.enter(n + 10, 12, 11, 'move' || n, NULL) FROM generate_series(151, 160) n;
INSERT INTO operation (client_no, kind, state, key, account_no, payee_no, amount, created_at_us)
SELECT 1, 6, 4, 'move' || n, n, n + 10, 11, 1 FROM generate_series(151, 160) n;
