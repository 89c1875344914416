-- How far a reader is with a stream of ours, by its own word on each partition: the last page up to which it has all.
-- Parameters: $1 stream text, $2 up to page int8 (0: the last one cut); what the reader has, side by side: $3 topics text[],
-- $4 partitions int4[], $5 complete pages int8[]. Result: one row: cut page int8, complete page int8.
WITH head AS (
    SELECT CASE WHEN $2::bigint > 0 THEN $2 ELSE coalesce(max(number), 0) END AS cut FROM page WHERE stream = $1::text
), word AS (
    SELECT w.topic, w.partition, w.page
    FROM unnest($3::text[], $4::integer[], $5::bigint[]) AS w (topic, partition, page)
), missing AS (
    SELECT p.number
    FROM page p, head
    WHERE p.stream = $1 AND p.number <= head.cut
        AND EXISTS (SELECT FROM unnest(p.topics, p.partitions) AS t (topic, partition)
                    LEFT JOIN word w ON w.topic = t.topic AND w.partition = t.partition
                    WHERE coalesce(w.page, 0) < p.number)
    ORDER BY p.number
    LIMIT 1
)
SELECT head.cut, coalesce((SELECT number - 1 FROM missing), head.cut) FROM head
