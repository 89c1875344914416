-- invariant: pages are possible
-- meaning: pages of the streams that are kept whole (ledger, catalogue) are numbered without gaps; a page's counts sum up to
--          its records; per topic and partition it names the last earlier page with anything for it (0 for none; a page
--          that has been forgotten where pages are).
-- columns: stream, number, why
SELECT stream, min(number) AS number, 'gap above it' AS why
FROM (SELECT stream, number, lead(number) OVER (PARTITION BY stream ORDER BY number) AS next
      FROM page WHERE stream IN ('ledger', 'catalogue')) numbered
WHERE next <> number + 1
GROUP BY stream
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
FROM (SELECT p.stream, p.number, t.previous,
          lag(p.number) OVER (PARTITION BY p.stream, t.topic, t.partition ORDER BY p.number) AS expected
      FROM page p, unnest(p.topics, p.partitions, p.previous) AS t (topic, partition, previous)) chained
WHERE previous >= number OR previous < expected
   OR previous <> expected AND stream IN ('ledger', 'catalogue')
ORDER BY 1, 2
