-- Operations that wait no more.
-- Parameters, side by side: $1 account_no int8[], $2 client_no int4[], $3 key text[]. Result: one row, how many; another
-- number than given ends the transaction with 40001.
WITH gone AS (
    DELETE FROM waiting w
    USING unnest($1::bigint[], $2::integer[], $3::text[]) AS n (account_no, client_no, key)
    WHERE w.account_no = n.account_no AND w.client_no = n.client_no AND w.key = n.key
    RETURNING 1)
SELECT expect_rows(count(*), cardinality($1::bigint[]), '40001') FROM gone
