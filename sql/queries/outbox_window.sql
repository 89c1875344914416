-- Messages of one stream that snapshot $2 sees and snapshot $1 did not, in stream order, at most $3.
-- Parameters: $1 lo text, $2 hi text (pg_snapshot), $3 limit int4, $4 stream text, $5 bytes int8: payloads beyond this
-- many bytes in all come as NULL.
-- Result: seq, xid, created_at_us, trace_id, span_id, key, topic, id, type, payload, headers.
SELECT w.seq, w.xid, w.created_at_us, w.trace_id, w.span_id, w.aggregateid, w.topic, w.id, w.type,
    CASE WHEN w.bytes <= $5::bigint THEN w.payload END,
    CASE WHEN w.bytes <= $5::bigint THEN w.headers END
FROM (
    SELECT o.*, sum(octet_length(o.payload) + coalesce(octet_length(o.headers), 0)) OVER (ORDER BY o.seq) AS bytes
    FROM (
        SELECT * FROM outbox
        WHERE stream = $4::text
          AND (xid >= pg_snapshot_xmax($1::text::pg_snapshot) AND xid < pg_snapshot_xmax($2::text::pg_snapshot)
               OR xid = ANY (ARRAY(SELECT pg_snapshot_xip($1::text::pg_snapshot))))
          AND pg_visible_in_snapshot(xid, $2::text::pg_snapshot)
        ORDER BY seq + 0 -- by the index on xid, never by a walk along the primary key from its beginning
        LIMIT $3::integer
    ) AS o
) AS w
ORDER BY w.seq
