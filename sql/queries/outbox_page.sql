-- The messages of one stored page, in stream order: the very rows that it was cut from.
-- Parameters: $1 lo text, $2 hi text (pg_snapshot), $3 first and $4 last seq int8, $5 lowest and $6 highest xid text
-- of the rows that began after lo (NULL: none; narrows the index, changes nothing), $7 stream text.
-- Result: as outbox_window; hi is NULL.
SELECT seq, xid, created_at_us, trace_id, span_id, aggregateid, NULL::text, topic, id, type, payload, headers
FROM (
    -- Two halves, each by the index on (stream, xid): with OR a plan may walk along all of the stream.
    SELECT * FROM outbox WHERE stream = $7::text AND xid >= $5::text::xid8 AND xid <= $6::text::xid8
    UNION ALL
    SELECT o.*
    FROM pg_snapshot_xip($1::text::pg_snapshot) AS i (xid)
    CROSS JOIN LATERAL (SELECT * FROM outbox o WHERE o.stream = $7::text AND o.xid = i.xid OFFSET 0) AS o
) AS both_halves
WHERE seq + 0 BETWEEN $3::bigint AND $4::bigint -- found by xid, never by seq: see page.xid_from
  AND pg_visible_in_snapshot(xid, $2::text::pg_snapshot)
  AND NOT pg_visible_in_snapshot(xid, $1::text::pg_snapshot)
ORDER BY seq
