-- invariant: I7, an accepted pay-in is booked
-- meaning: a pay-in that lies in a page which our own consumer has completed, and all pages before it, is not ACCEPTED any more,
--          unless it is on the list of those that are overdue; and what is on that list is an operation. (It may have been decided
--          in the meantime: the sweeper takes it away.)
-- columns: client_no, key, state, account_no, amount, why
WITH part AS (
    SELECT p.number, t.topic, t.partition
    FROM page p, unnest(p.topics, p.partitions) AS t (topic, partition)
    WHERE p.stream = 'payin'
), open AS (
    SELECT min(n.number) AS number
    FROM part n
    CROSS JOIN local_datacenter d
    LEFT JOIN progress g ON g.source = d.code AND g.stream = 'payin' AND g.topic = n.topic AND g.partition = n.partition
    WHERE n.number > coalesce(g.complete, 0)
), done AS (
    SELECT p.lo, p.hi, p.seq_to
    FROM page p, open
    WHERE p.stream = 'payin' AND (open.number IS NULL OR p.number < open.number)
    ORDER BY p.number DESC LIMIT 1
)
SELECT o.client_no, o.key, o.state, o.account_no, o.amount, 'accepted, and neither booked nor overdue' AS why
FROM operation o CROSS JOIN done CROSS JOIN local_datacenter d
WHERE o.kind = 1 AND o.state = 1 AND o.seq IS NOT NULL
  AND (o.epoch < d.epoch OR pg_visible_in_snapshot(o.xid, done.hi))
  AND (o.epoch < d.epoch OR pg_visible_in_snapshot(o.xid, done.lo) OR o.seq <= done.seq_to)
  AND NOT EXISTS (SELECT FROM overdue v WHERE v.client_no = o.client_no AND v.key = o.key)
UNION ALL
SELECT v.client_no, v.key, o.state, v.account_no, o.amount, 'on the list of what is overdue, and no operation'
FROM overdue v
LEFT JOIN operation o ON o.client_no = v.client_no AND o.key = v.key
WHERE o.key IS NULL
ORDER BY 1, 2
