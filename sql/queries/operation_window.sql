-- Accepted pay-ins that snapshot $2 sees and snapshot $1 did not, in stream order, at most $3.
-- Parameters: $1 lo text, $2 hi text (pg_snapshot), $3 limit int4.
-- Result: seq, xid, created_at_us, trace_id, span_id, account_id (NULL: the account is not known here yet), currency,
-- then the pay-in.
SELECT w.seq, w.xid, w.created_at_us, w.trace_id, w.span_id, coalesce(a.account_id, s.account_id),
    coalesce(a.currency, s.currency), w.account_no, w.client_no, w.key, w.amount, w.reference, w.metadata, w.awaited
FROM (
    SELECT * FROM operation
    WHERE (xid >= pg_snapshot_xmax($1::text::pg_snapshot) AND xid < pg_snapshot_xmax($2::text::pg_snapshot)
           OR xid = ANY (ARRAY(SELECT pg_snapshot_xip($1::text::pg_snapshot))))
      AND pg_visible_in_snapshot(xid, $2::text::pg_snapshot)
      AND seq IS NOT NULL
    ORDER BY seq
    LIMIT $3::integer
) AS w
-- LIMIT 1 keeps it a look-up per row, whatever the planner believes of the number of rows.
LEFT JOIN LATERAL (SELECT account_id, currency FROM account WHERE account.account_no = w.account_no LIMIT 1) AS a ON true
LEFT JOIN LATERAL (SELECT account_id, currency FROM share
                   WHERE a.account_id IS NULL AND share.account_no = w.account_no LIMIT 1) AS s ON true
ORDER BY w.seq
