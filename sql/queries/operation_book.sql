-- ACCEPTED operations become BOOKED. Another number of them than keys given ends the transaction with 40001: somebody was
-- faster.
-- Parameters: $1 client numbers int4[] and $2 keys text[], side by side, $3 now (us) int8. Result: one row, how many.
WITH booked AS (
    UPDATE operation o
    SET state = 2, decided_at_us = $3::bigint
    FROM unnest($1::integer[], $2::text[]) AS k (client_no, key)
    WHERE o.client_no = k.client_no AND o.key = k.key AND o.state = 1
    RETURNING 1)
SELECT expect_rows(count(*), cardinality($1::integer[]), '40001') FROM booked
