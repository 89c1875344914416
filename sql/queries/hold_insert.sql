-- Holds that are OPEN from now on.
-- Parameters, side by side: $1 hold_id uuid[], $2 account_no, $3 amount, $4 expires_at_us int8[], $5 client_no int4[],
-- $6 key text[]; $7 now (us) int8. Result: none; one row affected per hold.
WITH placed AS (
    INSERT INTO hold (hold_id, account_no, amount, expires_at_us, client_no, key, placed_at_us, state)
    SELECT n.*, $7::bigint, 1
    FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::integer[], $6::text[]) AS n
    RETURNING expires_at_us, hold_id, account_no)
INSERT INTO open_hold (expires_at_us, hold_id, account_no)
SELECT expires_at_us, hold_id, account_no FROM placed
