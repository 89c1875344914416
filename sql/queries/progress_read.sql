-- How far the streams on our topics have been read.
-- Parameters: $1 topics text[].
-- Result: source text, stream text, topic text, partition int4, incarnation int4, complete int8, complete_cut_at_us int8,
--         page int8, previous int8, count int4, next_index int4.
SELECT source, stream, topic, partition, incarnation, complete, complete_cut_at_us, page, previous, count, next_index
FROM progress
WHERE topic = ANY ($1::text[])
