-- Accounts that were opened by a client, and one that was refused.
INSERT INTO catalogue_command (client_no, key, asked_account_id, asked_name, asked_currency, account_no, created_at_us)
SELECT 1, 'open ' || account_no, account_id, name, currency, account_no, 1 FROM account;
INSERT INTO catalogue_command (client_no, key, asked_name, asked_currency, reason, created_at_us)
VALUES (1, 'taken', 'Account 1', 'EUR', 'NAME_TAKEN', 1);
