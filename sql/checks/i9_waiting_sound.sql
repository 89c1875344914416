-- invariant: I9, what waits is WAITING, and not for ever
-- meaning: the rows of waiting are the operations in state WAITING, one for one, of the same account; and none is a minute past
--          its deadline, at which somebody refuses it; and the share knows that something waits for it, or is open with a peer.
-- columns: client_no, key, state, account_no, waiting_account_no, deadline_us, why
SELECT coalesce(o.client_no, w.client_no) AS client_no, coalesce(o.key, w.key) AS key, o.state, o.account_no,
    w.account_no AS waiting_account_no, coalesce(w.deadline_us, o.deadline_us) AS deadline_us,
    CASE WHEN o.key IS NULL OR o.state <> 3 THEN 'waits, and is not WAITING'
         WHEN w.key IS NULL THEN 'is WAITING, and nobody knows'
         WHEN w.account_no <> o.account_no OR w.deadline_us IS DISTINCT FROM o.deadline_us THEN 'waits as something else'
         ELSE 'its deadline is long over' END AS why
FROM (SELECT * FROM operation WHERE state = 3 OR (client_no, key) IN (SELECT client_no, key FROM waiting)) o
FULL JOIN waiting w ON w.client_no = o.client_no AND w.key = o.key
WHERE o.key IS NULL OR o.state <> 3 OR w.key IS NULL OR w.account_no <> o.account_no
   OR w.deadline_us IS DISTINCT FROM o.deadline_us
   OR w.deadline_us < extract(epoch FROM clock_timestamp()) * 1000000 - 60000000
UNION ALL
SELECT NULL, NULL, NULL, s.account_no, NULL, NULL, 'the share is engaged, or does not know that it is'
FROM share s
WHERE s.engaged <> (EXISTS (SELECT FROM waiting w WHERE w.account_no = s.account_no)
    OR EXISTS (SELECT FROM share_link l
               WHERE l.account_no = s.account_no
                 AND (l.ask_state <> 0 OR l.peer_ask_target > l.out_total OR l.granted_total > l.in_total)))
ORDER BY 1, 2
