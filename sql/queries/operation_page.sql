-- The pay-ins of one stored page, in stream order: the very rows that it was cut from.
-- Parameters: $1 lo text, $2 hi text (pg_snapshot), $3 first and $4 last seq int8, $5 lowest and $6 highest xid text
-- of the rows that began after lo (NULL: none; narrows the index, changes nothing).
-- Result: as operation_window; hi is NULL.
SELECT w.seq, w.xid, w.created_at_us, w.trace_id, w.span_id, coalesce(a.account_id, s.account_id), NULL::text,
    coalesce(a.currency, s.currency), w.account_no, w.client_no, w.key, w.amount, w.reference, w.metadata, w.awaited
FROM operation w
-- LIMIT 1 keeps it a look-up per row, whatever the planner believes of the number of rows.
LEFT JOIN LATERAL (SELECT account_id, currency FROM account WHERE account.account_no = w.account_no LIMIT 1) AS a ON true
LEFT JOIN LATERAL (SELECT account_id, currency FROM share
                   WHERE a.account_id IS NULL AND share.account_no = w.account_no LIMIT 1) AS s ON true
WHERE (w.xid >= $5::text::xid8 AND w.xid <= $6::text::xid8
       OR w.xid = ANY (ARRAY(SELECT pg_snapshot_xip($1::text::pg_snapshot))))
  AND w.seq IS NOT NULL
  AND w.seq + 0 BETWEEN $3::bigint AND $4::bigint -- found by xid, never by seq: see page.xid_from
  AND pg_visible_in_snapshot(w.xid, $2::text::pg_snapshot)
  AND NOT pg_visible_in_snapshot(w.xid, $1::text::pg_snapshot)
ORDER BY w.seq
