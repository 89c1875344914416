-- Removes dead letters that were replayed or parked long ago, the oldest first. Parameters: $1 settled before (us) int8,
-- $2 at most int4. Result: none; a row affected for each.
DELETE FROM dead_letter
WHERE id = ANY (ARRAY(
    SELECT id
    FROM dead_letter
    WHERE state > 1 AND settled_at_us < $1::bigint
    ORDER BY settled_at_us
    LIMIT $2::integer
    FOR UPDATE SKIP LOCKED))
