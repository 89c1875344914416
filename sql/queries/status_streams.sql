-- How far the readers of our streams are. $1 this datacenter's code, $2 its streams (text[]).
-- Returns: stream, cut page (0: none), reader (NULL: nobody has acknowledged anything), acknowledged page = the last one up
-- to which every partition is complete, when last heard of (us).
WITH stream AS (
    SELECT name, coalesce((SELECT max(p.number) FROM page p WHERE p.stream = name), 0) AS cut
    FROM unnest($2::text[]) AS name
), acknowledgement AS (
    SELECT a.stream, a.reader, a.topic, a.partition, a.page, r.heard_at_us
    FROM reader_ack a JOIN reader r ON r.reader = a.reader
    UNION ALL
    SELECT 'payin', $1::text, topic, partition, complete, updated_at_us
    FROM progress WHERE source = $1::text AND stream = 'payin'
), missing AS (
    SELECT a.stream, a.reader, a.heard_at_us,
        (SELECT p.number FROM page p
         WHERE p.stream = a.stream AND p.number > a.page
           AND EXISTS (SELECT FROM unnest(p.topics, p.partitions) AS t (topic, partition)
                       WHERE t.topic = a.topic AND t.partition = a.partition)
         ORDER BY p.number LIMIT 1) AS number
    FROM acknowledgement a
)
SELECT s.name, s.cut, m.reader, coalesce(min(m.number) - 1, s.cut), max(m.heard_at_us)
FROM stream s LEFT JOIN missing m ON m.stream = s.name
GROUP BY s.name, s.cut, m.reader
ORDER BY s.name, m.reader
