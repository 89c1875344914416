-- As before, with services.
INSERT INTO service (service_id, name, price, currency, version, created_at_us, updated_at_us)
VALUES ('sms', 'SMS', 9, 'EUR', 3, 1, 2), ('old', 'Old', 5, 'EUR', 1, 1, 1);
SELECT pg_temp.enter(n, 15, 500, NULL, NULL) FROM generate_series(201, 210) n;
INSERT INTO catalogue_command (client_no, key, asked_id, asked_name, asked_currency, asked_amount, account_no, created_at_us)
SELECT 1, 'open ' || account_no, account_id, name, currency,
    CASE WHEN account_no BETWEEN 201 AND 210 THEN 500 ELSE 0 END, account_no, 1 FROM account;
INSERT INTO catalogue_command (client_no, key, asked_name, asked_currency, reason, created_at_us)
VALUES (1, 'taken', 'Account 1', 'EUR', 'NAME_TAKEN', 1);
INSERT INTO catalogue_command (client_no, key, kind, asked_id, asked_name, asked_currency, asked_amount, service_id, created_at_us)
VALUES (1, 'sms', 2, 'sms', 'SMS', 'EUR', 9, 'sms', 1);
