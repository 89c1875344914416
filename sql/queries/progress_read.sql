-- How far the streams have been read in our partitions.
-- Parameters: $1 topic text[], $2 partition int4[].
-- Result: source text, stream text, topic text, partition int4, incarnation int4, complete int8, complete_cut_at_us int8,
--         page int8, previous int8, count int4, next_index int4.
SELECT g.source, g.stream, g.topic, g.partition, g.incarnation, g.complete, g.complete_cut_at_us, g.page, g.previous,
       g.count, g.next_index
FROM unnest($1::text[], $2::integer[]) AS n(topic, partition)
JOIN progress g ON g.topic = n.topic AND g.partition = n.partition
