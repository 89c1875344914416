-- Keeps how far streams have been read, in the transaction of what was applied. What is claimed is true for ever, so a row
-- takes no claim that is lower than its own, whoever makes it; always in the same order, so that two never wait for each other.
-- Parameters: $1 source text[], $2 stream text[], $3 topic text[], $4 partition int8[], $5 incarnation int8[],
--             $6 complete int8[], $7 complete cut at (us) int8[], $8 page int8[], $9 previous int8[], $10 count int8[],
--             $11 next index int8[], $12 now (us) int8.
-- Result: none.
INSERT INTO progress (source, stream, topic, partition, incarnation, complete, complete_cut_at_us, page, previous, count,
                      next_index, updated_at_us)
SELECT n.source, n.stream, n.topic, n.partition::integer, n.incarnation::integer, n.complete, n.complete_cut_at_us,
       n.page, n.previous, n.count::integer, n.next_index::integer, $12::bigint
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
            $9::bigint[], $10::bigint[], $11::bigint[])
     AS n(source, stream, topic, partition, incarnation, complete, complete_cut_at_us, page, previous, count, next_index)
ORDER BY n.source, n.stream, n.topic, n.partition
ON CONFLICT (source, stream, topic, partition) DO UPDATE
SET incarnation = excluded.incarnation, complete = excluded.complete,
    complete_cut_at_us = excluded.complete_cut_at_us, page = excluded.page, previous = excluded.previous,
    count = excluded.count, next_index = excluded.next_index, updated_at_us = excluded.updated_at_us
WHERE (progress.incarnation, progress.complete) <= (excluded.incarnation, excluded.complete)
