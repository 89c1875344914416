-- WAITING operations become what was decided. Another number of them than keys given ends the transaction with 40001.
-- Parameters, side by side: $1 client_no int4[], $2 key text[], $3 state int2[], $4 reason text[], $5 facts text[];
-- $6 now (us) int8. Result: one row, how many.
WITH decided AS (
    UPDATE operation o
    SET state = n.state, reason = n.reason, facts = n.facts, decided_at_us = $6::bigint
    FROM unnest($1::integer[], $2::text[], $3::smallint[], $4::text[], $5::text[])
        AS n (client_no, key, state, reason, facts)
    WHERE o.client_no = n.client_no AND o.key = n.key AND o.state = 3
    RETURNING 1)
SELECT expect_rows(count(*), cardinality($1::integer[]), '40001') FROM decided
