-- Makes one page of several whole windows that lie side by side. It has the number of the last, and for each partition the
-- previous page of the first that has anything for it. The range of transaction ids is the whole one: what ran when a
-- window in the middle began is in it too.
-- Parameters: $1 stream text, $2 first and $3 last number int8, $4 holder of the lease text.
-- Result: none; 0 rows affected: another holds the lease.
WITH gone AS (
    DELETE FROM page
    WHERE stream = $1::text AND number BETWEEN $2::bigint AND $3::bigint
      AND EXISTS (SELECT FROM publisher_lease WHERE holder = $4::text)
    RETURNING *
), ends AS (
    SELECT (array_agg(lo ORDER BY number))[1] AS lo, (array_agg(hi ORDER BY number DESC))[1] AS hi,
        min(coalesce(merged_from, number)) AS merged_from, max(number) AS number,
        min(seq_from) AS seq_from, max(seq_to) AS seq_to, sum(records)::integer AS records,
        max(partitions_per_topic) AS partitions_per_topic, max(cut_at_us) AS cut_at_us
    FROM gone
    HAVING count(*) > 0
), part AS (
    SELECT t.topic, t.partition, sum(t.count)::integer AS count, min(t.previous) AS previous
    FROM gone g CROSS JOIN unnest(g.topics, g.partitions, g.counts, g.previous) AS t (topic, partition, count, previous)
    GROUP BY t.topic, t.partition
), parts AS (
    SELECT array_agg(topic ORDER BY topic, partition) AS topics, array_agg(partition ORDER BY topic, partition) AS partitions,
        array_agg(count ORDER BY topic, partition) AS counts, array_agg(previous ORDER BY topic, partition) AS previous
    FROM part
)
INSERT INTO page (stream, number, lo, hi, seq_from, seq_to, xid_from, xid_to, records, partitions_per_topic, topics,
                  partitions, counts, previous, cut_at_us, merged_from)
SELECT $1::text, e.number, e.lo, e.hi, e.seq_from, e.seq_to, pg_snapshot_xmax(e.lo), pg_snapshot_xmax(e.hi), e.records,
    e.partitions_per_topic, p.topics, p.partitions, p.counts, p.previous, e.cut_at_us, e.merged_from
FROM ends e CROSS JOIN parts p
