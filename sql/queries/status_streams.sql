-- How far the readers of our streams are, and what is done about those that are not.
-- Parameters: $1 this datacenter's code text, $2 its streams text[].
-- Result, by stream and reader: stream text, cut page int8 (0: none), reader text (NULL: nobody has acknowledged anything),
-- acknowledged page int8 = the last one up to which every partition is complete, when last heard of (us) int8; of what it
-- lacks: the first that it lacks is with Kafka bool, since when (us) it has not moved int8 (NULL: it lacks nothing), we went
-- back after that was cut bool; how often we ever went back for it int8, when last (us) int8 (NULL: never), the page that is
-- to be sent again next int8 (NULL: none).
WITH stream AS (
    SELECT name, coalesce((SELECT max(p.number) FROM page p WHERE p.stream = name), 0) AS cut
    FROM unnest($2::text[]) AS name
), acknowledgement AS (
    SELECT a.stream, a.reader, a.topic, a.partition, a.page, r.heard_at_us, a.moved_at_us
    FROM reader_ack a JOIN reader r ON r.reader = a.reader
    UNION ALL
    SELECT 'payin', $1::text, topic, partition, complete,
        greatest(updated_at_us, (SELECT max(beat_at_us) FROM daemon WHERE role = 'consumer')), updated_at_us
    FROM progress WHERE source = $1::text AND stream = 'payin'
), lacks AS (
    SELECT a.stream, a.reader, a.heard_at_us, first.number,
        first.number <= s.sent AS sent, greatest(a.moved_at_us, first.cut_at_us) AS still_since_us,
        g.at_us > first.cut_at_us AS went_back, g.resends, g.at_us AS resent_at_us,
        CASE WHEN first.number IS NOT NULL THEN nullif(s.again, 0) END AS again
    FROM acknowledgement a
    LEFT JOIN stream_sent s ON s.stream = a.stream AND s.topic = a.topic AND s.partition = a.partition
    LEFT JOIN reader_resend g ON g.stream = a.stream AND g.reader = a.reader AND g.topic = a.topic
        AND g.partition = a.partition
    LEFT JOIN LATERAL (
        SELECT p.number, p.cut_at_us FROM page p
        WHERE p.stream = a.stream AND p.number > a.page
          -- Of a merged page a partition may have all by a lower number: by the one that was cut for it last.
          AND NOT coalesce(s.cut <= a.page AND s.as_of >= p.number, false)
          AND EXISTS (SELECT FROM unnest(p.topics, p.partitions) AS t (topic, partition)
                      WHERE t.topic = a.topic AND t.partition = a.partition)
        ORDER BY p.number LIMIT 1) first ON true
)
SELECT s.name, s.cut, l.reader, coalesce(min(l.number) - 1, s.cut), max(l.heard_at_us),
    coalesce(bool_and(l.sent) FILTER (WHERE l.number IS NOT NULL), true),
    CASE WHEN min(l.number) IS NOT NULL THEN min(l.still_since_us) FILTER (WHERE l.number IS NOT NULL) END,
    coalesce(bool_or(l.went_back) FILTER (WHERE l.number IS NOT NULL), false),
    coalesce(sum(l.resends), 0)::bigint, max(l.resent_at_us), min(l.again)
FROM stream s LEFT JOIN lacks l ON l.stream = s.name
GROUP BY s.name, s.cut, l.reader
ORDER BY s.name, l.reader
