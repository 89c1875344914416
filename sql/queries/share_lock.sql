-- Locks shares until the transaction ends, in account order: the first locks of every money transaction. What else it
-- reads must come from later statements: a join in here would see rows as they were before the locks were had.
-- Parameters: $1 account numbers int8[]. Result: one row a share that is there, in account order: account_no int8,
-- account_id text, currency text, balance, held, version, credits_total, debits_total, out_total, in_total int8,
-- status int2, account_version, updated_at_us int8, engaged bool.
SELECT account_no, account_id, currency, balance, held, version, credits_total, debits_total, out_total, in_total,
    status, account_version, updated_at_us, engaged
FROM share
WHERE account_no = ANY ($1::bigint[])
ORDER BY account_no
FOR UPDATE
