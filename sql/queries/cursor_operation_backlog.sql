-- Opens the cursor `backlog` over a window of pay-ins too large for one page: only what cutting needs.
-- Parameters: $1 lo text, $2 hi text (pg_snapshot).
-- Result of FETCH: seq, xid, account_id (NULL: not known here yet), topic (NULL: the stream's own), bytes.
DECLARE backlog NO SCROLL CURSOR FOR
SELECT o.seq, o.xid, coalesce(a.account_id, s.account_id), NULL::text,
    coalesce(octet_length(o.metadata), 0)::bigint
FROM operation o
LEFT JOIN account a USING (account_no)
LEFT JOIN share s USING (account_no)
WHERE (o.xid >= pg_snapshot_xmax($1::text::pg_snapshot) AND o.xid < pg_snapshot_xmax($2::text::pg_snapshot)
       OR o.xid = ANY (ARRAY(SELECT pg_snapshot_xip($1::text::pg_snapshot))))
  AND pg_visible_in_snapshot(o.xid, $2::text::pg_snapshot)
  AND o.seq IS NOT NULL
ORDER BY o.seq
