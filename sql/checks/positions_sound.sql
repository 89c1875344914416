-- invariant: positions are possible
-- meaning: offsets, fences and pages are not negative; a page in progress lies above what is complete and has fewer
--          records applied than it has; nobody acknowledged, and we ourselves did not complete, a page that was never cut.
-- columns: what, name, partition, found
SELECT 'position' AS what, topic AS name, partition, next_offset AS found
FROM position WHERE next_offset < 0 OR fence < 0
UNION ALL
SELECT 'progress', source || ' ' || stream || ' ' || topic, partition, page
FROM progress
WHERE complete < 0 OR page < 0 OR next_index < 0
   OR page > 0 AND (page <= complete OR previous >= page OR next_index >= count)
UNION ALL
SELECT 'progress beyond the last page', p.source || ' ' || p.stream || ' ' || p.topic, p.partition, p.complete
FROM progress p JOIN local_datacenter d ON d.code = p.source
WHERE p.complete > (SELECT coalesce(max(number), 0) FROM page WHERE stream = p.stream)
UNION ALL
SELECT 'reader_ack', a.reader || ' ' || a.stream || ' ' || a.topic, a.partition, a.page
FROM reader_ack a
WHERE a.page < 0 OR a.page > (SELECT coalesce(max(number), 0) FROM page WHERE stream = a.stream)
ORDER BY 1, 2, 3
