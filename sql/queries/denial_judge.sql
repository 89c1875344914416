-- Refusals that the ledgers of all datacenters reach beyond by now: was the money there when they were decided? Of each share
-- the newest entry up to then, by the clock of its datacenter, says so: credits less debits of all, what is in flight included,
-- less what was held. Takes them off the list.
-- Parameters: $1 decided up to (us) int8, $2 the other datacenters' codes text[], $3 at most int4.
-- Result, one row a reason: reason text, judged int8, of them those for which the money was there int8.
WITH due AS (
    SELECT decided_at_us, client_no, key FROM denial WHERE decided_at_us <= $1::bigint ORDER BY decided_at_us LIMIT $3::integer
), judged AS (
    DELETE FROM denial d USING due
    WHERE d.decided_at_us = due.decided_at_us AND d.client_no = due.client_no AND d.key = due.key
    RETURNING d.decided_at_us, d.client_no, d.key
)
SELECT o.reason, count(*), count(*) FILTER (WHERE t.available >= o.amount)
FROM judged j
JOIN operation o ON o.client_no = j.client_no AND o.key = j.key
CROSS JOIN LATERAL (
    SELECT sum(s.credits_total - s.debits_total - s.held_after) AS available
    FROM (
        (SELECT l.credits_total, l.debits_total, l.held_after FROM ledger l
         WHERE l.account_no = o.account_no AND l.created_at_us <= j.decided_at_us ORDER BY l.version DESC LIMIT 1)
        UNION ALL
        SELECT e.credits_total, e.debits_total, e.held_after
        FROM unnest($2::text[]) AS p (dc)
        CROSS JOIN LATERAL (
            SELECT r.credits_total, r.debits_total, r.held_after FROM replicated_ledger r
            WHERE r.account_no = o.account_no AND r.dc = p.dc AND r.created_at_us <= j.decided_at_us
            ORDER BY r.version DESC LIMIT 1) e
    ) s
) t
GROUP BY o.reason
