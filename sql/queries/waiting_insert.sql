-- Operations that wait for money from now on.
-- Parameters, side by side: $1 account_no int8[], $2 client_no int4[], $3 key text[], $4 clock_us, $5 after_seq,
-- $6 deadline_us int8[], $7 impatient bool[]. Result: none; one row affected per operation.
INSERT INTO waiting (account_no, client_no, key, clock_us, after_seq, deadline_us, impatient)
SELECT *
FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::boolean[])
