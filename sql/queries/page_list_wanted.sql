-- The next pages that have something for the wanted partitions of a topic, each from a page of its own on, with what they
-- have for each partition: at most 16 pages, and none after those that have enough records together.
-- Parameters: $1 stream text, $2 topic text, $3 partitions int4[], $4 from pages int8[], $5 records that are enough int4.
-- Result, a row per page and partition: number, lo, hi, seq_from, seq_to, xid_from, xid_to, records, partitions_per_topic,
-- cut_at_us, partition, count, previous; ordered by number.
SELECT p.number, p.lo::text, p.hi::text, p.seq_from, p.seq_to, p.xid_from::text, p.xid_to::text, p.records,
    p.partitions_per_topic, p.cut_at_us, t.partition, t.count, t.previous
FROM (
    SELECT w.*, sum(w.records) OVER (ORDER BY w.number) - w.records AS records_before
    FROM (
        SELECT p.*
        FROM page p
        WHERE p.stream = $1::text
          AND p.number >= (SELECT min(n) FROM unnest($4::bigint[]) AS n)
          AND EXISTS (SELECT FROM unnest(p.topics, p.partitions) AS t (topic, partition)
                      JOIN unnest($3::integer[], $4::bigint[]) AS n (partition, number)
                          ON n.partition = t.partition AND n.number <= p.number
                      WHERE t.topic = $2::text)
        ORDER BY p.number
        LIMIT 16
    ) AS w
) AS p
CROSS JOIN unnest(p.topics, p.partitions, p.counts, p.previous) AS t (topic, partition, count, previous)
WHERE p.records_before < $5::integer AND t.topic = $2::text
ORDER BY p.number, t.partition
