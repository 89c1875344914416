-- invariant: pages are possible
-- meaning: pages of the streams that are kept whole (ledger, catalogue) are numbered 1..n without gaps, merged ones standing
--          for all they were merged from; a page begins where the one before it ends: at its snapshot, or within the same
--          window at a higher seq; a page's counts sum up to its records; per topic and partition it names the last earlier
--          page with anything for it, or one that was merged into that (0 for none; a page that has been forgotten where
--          pages are). All pages of the ledger together have the entries that they cover, no more or less.
-- columns: stream, number, why
SELECT stream, min(number) AS number, 'gap above it' AS why
FROM (SELECT stream, number, lead(coalesce(merged_from, number)) OVER (PARTITION BY stream ORDER BY number) AS next
      FROM page WHERE stream IN ('ledger', 'catalogue')) numbered
WHERE next <> number + 1
GROUP BY stream
UNION ALL
SELECT stream, min(number), 'pages before it are missing'
FROM page
WHERE stream IN ('ledger', 'catalogue')
GROUP BY stream
HAVING min(coalesce(merged_from, number)) <> 1
UNION ALL
SELECT stream, number, 'does not begin where the one before it ends'
FROM (SELECT stream, number, merged_from, lo, hi, seq_from, lag(number) OVER w AS number_before, lag(lo) OVER w AS lo_before,
          lag(hi) OVER w AS hi_before, lag(seq_to) OVER w AS seq_before
      FROM page WINDOW w AS (PARTITION BY stream ORDER BY number)) chained
WHERE number_before = coalesce(merged_from, number) - 1
  AND NOT (lo::text = hi_before::text
      OR lo::text = lo_before::text AND hi::text = hi_before::text AND seq_from > seq_before)
UNION ALL
SELECT 'ledger', p.number, format('the pages up to it have %s records, the ledger %s', p.paged, l.covered)
FROM (SELECT number, lo, hi, seq_to, (SELECT sum(records) FROM page WHERE stream = 'ledger') AS paged
      FROM page WHERE stream = 'ledger' ORDER BY number DESC LIMIT 1) p,
    LATERAL (SELECT count(*) AS covered
             FROM ledger e JOIN local_datacenter d ON true
             WHERE (e.epoch < d.epoch OR pg_visible_in_snapshot(e.xid, p.hi))
               AND (e.epoch < d.epoch OR pg_visible_in_snapshot(e.xid, p.lo) OR e.seq <= p.seq_to)) l
WHERE p.paged <> l.covered
UNION ALL
SELECT stream, number, 'ranges and sums'
FROM page
WHERE seq_from > seq_to
   OR cardinality(topics) <> cardinality(partitions)
   OR cardinality(topics) <> cardinality(counts)
   OR cardinality(topics) <> cardinality(previous)
   OR records <> (SELECT coalesce(sum(c), 0) FROM unnest(counts) c)
UNION ALL
SELECT stream, number, 'previous'
FROM (SELECT p.stream, p.number, p.merged_from, t.previous,
          lag(p.number) OVER same AS expected, lag(coalesce(p.merged_from, p.number)) OVER same AS expected_from
      FROM page p, unnest(p.topics, p.partitions, p.previous) AS t (topic, partition, previous)
      WINDOW same AS (PARTITION BY p.stream, t.topic, t.partition ORDER BY p.number)) chained
WHERE previous >= coalesce(merged_from, number)
   OR previous < expected_from
   OR previous > expected AND stream IN ('ledger', 'catalogue')
ORDER BY 1, 2
