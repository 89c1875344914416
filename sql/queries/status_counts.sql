-- One row: accounts known, rows not yet cut into a page (ledger, pay-ins, outbox), records of pages of pay-ins that the
-- consumer has not completed, OPEN dead letters, now (us), relayed pay-ins that their owner has not closed,
-- operations that wait for money, grants to a peer that have not arrived as far as its entries here say.
-- $1 this datacenter's code.
SELECT (SELECT count(*) FROM account),
    (SELECT count(*) FROM ledger
     WHERE seq > coalesce((SELECT max(seq_to) FROM page WHERE stream = 'ledger'), 0)),
    (SELECT count(*) FROM operation
     WHERE seq > coalesce((SELECT max(seq_to) FROM page WHERE stream = 'payin'), 0)),
    (SELECT count(*) FROM outbox o
     WHERE seq > coalesce((SELECT max(seq_to) FROM page WHERE stream = o.stream), 0)),
    (SELECT coalesce(sum(t.count), 0)
     FROM page p
     CROSS JOIN unnest(p.topics, p.partitions, p.counts) AS t (topic, partition, count)
     LEFT JOIN progress g ON g.source = $1::text AND g.stream = 'payin' AND g.topic = t.topic
         AND g.partition = t.partition
     WHERE p.stream = 'payin' AND p.number > coalesce(g.complete, 0)),
    (SELECT count(*) FROM dead_letter WHERE state = 1),
    (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
    (SELECT count(*) FROM relay WHERE state = 1),
    (SELECT count(*) FROM waiting),
    (SELECT count(*)
     FROM share_link l
     LEFT JOIN replicated_link r ON r.account_no = l.account_no AND r.dc = l.peer AND r.peer = $1
     WHERE l.out_total > coalesce(r.in_total, 0))
