-- Opens the cursor `backlog` over a window of messages too large for one page: only what cutting needs.
-- Parameters: $1 lo text, $2 hi text (pg_snapshot), $3 stream text.
-- Result of FETCH: seq, xid, key, topic, bytes.
DECLARE backlog NO SCROLL CURSOR FOR
SELECT seq, xid, aggregateid, topic, (octet_length(payload) + coalesce(octet_length(headers), 0))::bigint
FROM outbox
WHERE stream = $3::text
  AND (xid >= pg_snapshot_xmax($1::text::pg_snapshot) AND xid < pg_snapshot_xmax($2::text::pg_snapshot)
       OR xid = ANY (ARRAY(SELECT pg_snapshot_xip($1::text::pg_snapshot))))
  AND pg_visible_in_snapshot(xid, $2::text::pg_snapshot)
ORDER BY seq
