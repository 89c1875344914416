-- Pay-outs: paid, refused, and waiting for what dc2 and dc3 are asked for.
UPDATE share_link SET granted_total = in_total;
SELECT pg_temp.enter(n, 2, 100, 'out' || n, NULL) FROM generate_series(3, 300, 3) n;
INSERT INTO operation (client_no, kind, state, key, account_no, amount, created_at_us, decided_at_us)
SELECT client_no, 2, 4, key, account_no, amount, 1, created_at_us FROM ledger WHERE kind = 2;
INSERT INTO operation (client_no, kind, state, key, account_no, amount, created_at_us, decided_at_us, reason, facts)
SELECT 1, 2, 5, 'short' || n, n, 999999, 1, 2, 'INSUFFICIENT_FUNDS', '{"available":1}' FROM generate_series(1, 30) n;
INSERT INTO operation (client_no, kind, state, key, account_no, amount, created_at_us, deadline_us)
SELECT 1, 2, 3, 'wait' || n, n, 99999, 1, 253402300799999999 FROM generate_series(20, 300, 20) n;
INSERT INTO waiting (account_no, client_no, key, clock_us, after_seq, deadline_us, impatient)
SELECT account_no, client_no, key, 1, 0, deadline_us, true FROM operation WHERE state = 3;
INSERT INTO share_link (account_no, peer, ask_state, ask_seq, ask_target, reask_at_us)
SELECT account_no, peer, 1, 1, 5000, 9 FROM waiting, (VALUES ('dc2'), ('dc3')) p (peer)
ON CONFLICT (account_no, peer) DO UPDATE SET ask_state = 1, ask_seq = 1, ask_target = 5000, reask_at_us = 9;
