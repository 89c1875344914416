SELECT pg_temp.enter(n, 14, 25, 'refund' || n, NULL) FROM generate_series(3, 90, 3) n;
UPDATE operation SET refunded = 25 WHERE kind = 2 AND state = 4 AND account_no <= 90;
INSERT INTO operation (client_no, kind, state, key, account_no, amount, created_at_us, original_key)
SELECT 1, 8, 2, 'refund' || n, n, 25, 1, 'out' || n FROM generate_series(3, 90, 3) n;
INSERT INTO relay (client_no, kind, state, key, owner, account_no, amount, created_at_us, original_key)
VALUES (1, 8, 1, 'dc2:refund', 'dc2', 1, 5, 1, 'dc2:out');
