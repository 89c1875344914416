-- As before; ten of them with an opening balance, which is booked.
SELECT pg_temp.enter(n, 15, 500, NULL, NULL) FROM generate_series(201, 210) n;
INSERT INTO catalogue_command (client_no, key, asked_account_id, asked_name, asked_currency, asked_balance, account_no, created_at_us)
SELECT 1, 'open ' || account_no, account_id, name, currency,
    CASE WHEN account_no BETWEEN 201 AND 210 THEN 500 ELSE 0 END, account_no, 1 FROM account;
INSERT INTO catalogue_command (client_no, key, asked_name, asked_currency, reason, created_at_us)
VALUES (1, 'taken', 'Account 1', 'EUR', 'NAME_TAKEN', 1);
