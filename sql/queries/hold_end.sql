-- OPEN holds end. Another number of them than ids given ends the transaction with 40001: somebody was faster.
-- Parameters, side by side: $1 hold_id uuid[], $2 state int2[], $3 captured int8[]; $4 now (us) int8.
-- Result: one row, how many.
WITH ended AS (
    UPDATE hold h
    SET state = n.state, captured = n.captured, ended_at_us = $4::bigint
    FROM unnest($1::uuid[], $2::smallint[], $3::bigint[]) AS n (hold_id, state, captured)
    WHERE h.hold_id = n.hold_id AND h.state = 1
    RETURNING h.expires_at_us, h.hold_id),
gone AS (
    DELETE FROM open_hold w
    USING ended e
    WHERE w.expires_at_us = e.expires_at_us AND w.hold_id = e.hold_id
    RETURNING 1)
SELECT expect_rows(count(*), cardinality($1::uuid[]), '40001') FROM gone
