-- The entries of one stored page, in stream order: the very rows that it was cut from.
-- Parameters: $1 lo text, $2 hi text (pg_snapshot), $3 first and $4 last seq int8, $5 lowest and $6 highest xid text
-- of the rows that began after lo (NULL: none; narrows the index, changes nothing).
-- Result: as ledger_window; hi is NULL.
SELECT w.seq, w.xid, w.created_at_us, w.trace_id, w.span_id, s.account_id, NULL::text, s.currency, w.account_no,
    w.version, w.kind, w.status, w.amount, w.balance_after, w.held_after, w.credits_total, w.debits_total,
    w.out_total, w.in_total, w.account_version, w.client_no, w.key, w.reference, w.peer, w.link_out_total,
    w.link_in_total
FROM ledger w
-- LIMIT 1 keeps it a look-up per row, whatever the planner believes of the number of rows.
LEFT JOIN LATERAL (SELECT account_id, currency FROM share WHERE share.account_no = w.account_no LIMIT 1) AS s ON true
WHERE (w.xid >= $5::text::xid8 AND w.xid <= $6::text::xid8
       OR w.xid = ANY (ARRAY(SELECT pg_snapshot_xip($1::text::pg_snapshot))))
  AND w.seq + 0 BETWEEN $3::bigint AND $4::bigint -- found by xid, never by seq: see page.xid_from
  AND pg_visible_in_snapshot(w.xid, $2::text::pg_snapshot)
  AND NOT pg_visible_in_snapshot(w.xid, $1::text::pg_snapshot)
ORDER BY w.seq
