-- Opens the cursor `backlog` over a window of entries too large for one page: only what cutting needs.
-- Parameters: $1 lo text, $2 hi text (pg_snapshot).
-- Result of FETCH: seq, xid, account_id (NULL: the share is missing), topic (NULL: the stream's own), bytes.
DECLARE backlog NO SCROLL CURSOR FOR
SELECT l.seq, l.xid, s.account_id, NULL::text, 0::bigint
FROM ledger l
LEFT JOIN share s USING (account_no)
WHERE (l.xid >= pg_snapshot_xmax($1::text::pg_snapshot) AND l.xid < pg_snapshot_xmax($2::text::pg_snapshot)
       OR l.xid = ANY (ARRAY(SELECT pg_snapshot_xip($1::text::pg_snapshot))))
  AND pg_visible_in_snapshot(l.xid, $2::text::pg_snapshot)
ORDER BY l.seq
