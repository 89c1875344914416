SELECT pg_temp.enter(n, 13, 9, 'charge' || n, NULL) FROM generate_series(171, 180) n;
INSERT INTO operation (client_no, kind, state, key, account_no, amount, created_at_us, service, price_version)
SELECT 1, 7, 4, 'charge' || n, n, 9, 1, 'sms', 3 FROM generate_series(171, 180) n;
