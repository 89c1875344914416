-- The steps of an operation that waits or has waited for money, but for its decision: since when, and what each peer was
-- asked for. While it is WAITING they are those of the account's links, asks for all that waits together; then those that were
-- known when it was decided. Parameters: $1 client_no int4, $2 key text.
-- Result, in the order of time: dc text (NULL: began to wait), at (us) int8, until (us) int8 (of the first), asked, came int8,
--   rounds int4, silent bool (of the others), facts text (of the first).
WITH o AS (
    SELECT o.account_no, o.state, o.created_at_us, o.decided_at_us, o.deadline_us, o.facts, w.after_seq
    FROM operation o
    LEFT JOIN waiting w ON w.account_no = o.account_no AND w.client_no = o.client_no AND w.key = o.key
    WHERE o.client_no = $1::integer AND o.key = $2::text AND (o.state = 3 OR o.facts IS NOT NULL)
)
SELECT NULL AS dc, created_at_us AS at_us, deadline_us, NULL::bigint AS asked, NULL::bigint AS came, NULL::integer AS rounds,
    NULL::boolean AS silent, facts
FROM o
UNION ALL
SELECT l.peer, l.ask_seq, NULL, l.ask_target - l.ask_from_total, l.in_total - l.ask_from_total, l.ask_round,
    l.ask_state = 1 AND l.earlier_seq <= o.after_seq, NULL
FROM o
JOIN share_link l ON l.account_no = o.account_no AND (l.ask_state <> 0 OR l.ask_seq > o.after_seq)
WHERE o.state = 3
UNION ALL
SELECT p.dc, o.decided_at_us - p.asked_ms_ago * 1000, NULL, p.asked, p.came, p.rounds, p.silent, NULL
FROM o
CROSS JOIN LATERAL json_to_recordset(o.facts::json -> 'peers')
    AS p (dc text, asked bigint, came bigint, rounds integer, asked_ms_ago bigint, silent boolean)
WHERE o.state <> 3 AND p.rounds > 0
ORDER BY at_us, dc NULLS FIRST
