-- What has been given back of PAID operations. Another number of them than keys given ends the transaction with 40001.
-- Parameters, side by side: $1 client_no int4[], $2 key text[], $3 refunded int8[], all of it. Result: one row, how many.
WITH given AS (
    UPDATE operation o
    SET refunded = n.refunded
    FROM unnest($1::integer[], $2::text[], $3::bigint[]) AS n (client_no, key, refunded)
    WHERE o.client_no = n.client_no AND o.key = n.key AND o.state = 4
    RETURNING 1)
SELECT expect_rows(count(*), cardinality($1::integer[]), '40001') FROM given
