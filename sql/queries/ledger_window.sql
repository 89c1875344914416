-- Entries that are committed now and that snapshot $1 did not see, in stream order, at most $2.
-- Parameters: $1 lo text (pg_snapshot), $2 limit int4.
-- Result: seq, xid, created_at_us, trace_id, span_id, account_id (NULL: the share is missing), hi: in the first row this
-- statement's own snapshot as text, currency, then the entry.
SELECT w.seq, w.xid, w.created_at_us, w.trace_id, w.span_id, s.account_id,
    CASE WHEN row_number() OVER (ORDER BY w.seq) = 1 THEN pg_current_snapshot()::text END,
    s.currency, w.account_no,
    w.version, w.kind, w.status, w.amount, w.balance_after, w.held_after, w.credits_total, w.debits_total,
    w.out_total, w.in_total, w.account_version, w.client_no, w.key, w.reference, w.peer, w.link_out_total,
    w.link_in_total
FROM (
    -- Two halves, each by the index on xid: with OR a plan may walk along all of it.
    SELECT * FROM (
        SELECT * FROM ledger WHERE xid >= pg_snapshot_xmax($1::text::pg_snapshot)
        UNION ALL
        SELECT t.*
        FROM pg_snapshot_xip($1::text::pg_snapshot) AS i (xid)
        CROSS JOIN LATERAL (SELECT * FROM ledger t WHERE t.xid = i.xid OFFSET 0) AS t
    ) AS both_halves
    ORDER BY seq
    LIMIT $2::integer
) AS w
-- LIMIT 1 keeps it a look-up per row, whatever the planner believes of the number of rows.
LEFT JOIN LATERAL (SELECT account_id, currency FROM share WHERE share.account_no = w.account_no LIMIT 1) AS s ON true
ORDER BY w.seq
