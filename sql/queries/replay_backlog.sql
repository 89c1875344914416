-- How many replayed messages Kafka does not have yet: those in no page, counted to $2 int4 at most, and those in pages that are
-- not sent, as far as the publisher has noted. Parameters: $1 streams that replay text[]. Result: one row, int8.
SELECT (
    SELECT count(*)
    FROM (
        SELECT
        FROM unnest($1::text[]) AS s (stream)
        LEFT JOIN LATERAL (SELECT hi FROM page p WHERE p.stream = s.stream ORDER BY number DESC LIMIT 1) AS last ON true
        CROSS JOIN LATERAL (SELECT FROM outbox o
                            WHERE o.stream = s.stream AND o.xid >= coalesce(pg_snapshot_xmax(last.hi), '0'::xid8)
                            LIMIT $2::integer) AS uncut
        LIMIT $2::integer) AS uncut
) + (
    SELECT coalesce(sum(t.count), 0)::bigint
    FROM page p
    CROSS JOIN LATERAL unnest(p.topics, p.partitions, p.counts) AS t (topic, partition, count)
    LEFT JOIN stream_sent s ON s.stream = p.stream AND s.topic = t.topic AND s.partition = t.partition
    WHERE p.stream = ANY ($1::text[]) AND p.number > coalesce(s.sent, 0)
) AS waiting
