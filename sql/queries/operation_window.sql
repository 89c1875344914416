-- Accepted pay-ins that are committed now and that snapshot $1 did not see, in stream order, at most $2.
-- Parameters: $1 lo text (pg_snapshot), $2 limit int4.
-- Result: seq, xid, created_at_us, trace_id, span_id, account_id (NULL: the account is not known here yet), hi: in the
-- first row this statement's own snapshot as text, currency, then the pay-in.
SELECT w.seq, w.xid, w.created_at_us, w.trace_id, w.span_id, coalesce(a.account_id, s.account_id),
    CASE WHEN row_number() OVER (ORDER BY w.seq) = 1 THEN pg_current_snapshot()::text END,
    coalesce(a.currency, s.currency), w.account_no, w.client_no, w.key, w.amount, w.reference, w.metadata, w.awaited
FROM (
    -- Two halves, each by the index on xid: with OR a plan may walk along all of it.
    SELECT * FROM (
        SELECT * FROM operation WHERE xid >= pg_snapshot_xmax($1::text::pg_snapshot) AND seq IS NOT NULL
        UNION ALL
        SELECT t.*
        FROM pg_snapshot_xip($1::text::pg_snapshot) AS i (xid)
        CROSS JOIN LATERAL (SELECT * FROM operation t WHERE t.xid = i.xid AND t.seq IS NOT NULL OFFSET 0) AS t
    ) AS both_halves
    ORDER BY seq
    LIMIT $2::integer
) AS w
-- LIMIT 1 keeps it a look-up per row, whatever the planner believes of the number of rows.
LEFT JOIN LATERAL (SELECT account_id, currency FROM account WHERE account.account_no = w.account_no LIMIT 1) AS a ON true
LEFT JOIN LATERAL (SELECT account_id, currency FROM share
                   WHERE a.account_id IS NULL AND share.account_no = w.account_no LIMIT 1) AS s ON true
ORDER BY w.seq
