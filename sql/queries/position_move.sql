-- Moves positions, also backwards, each under its fence. Somebody else took a partition since: error GB003, which ends
-- the transaction.
-- Parameters: $1 topic text[], $2 partition int4[], $3 next offset int8[], $4 fence int8[], $5 now (us) int8.
-- Result: one row: how many moved int8.
WITH moved AS (
    UPDATE position p
    SET next_offset = n.next_offset, updated_at_us = $5::bigint
    FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[]) AS n(topic, partition, next_offset, fence)
    WHERE p.topic = n.topic AND p.partition = n.partition AND p.fence = n.fence
    RETURNING 1
)
SELECT expect_rows(count(*), cardinality($1::text[]), 'GB003') FROM moved
