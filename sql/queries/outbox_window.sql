-- Messages of one stream that are committed now and that snapshot $1 did not see, in stream order, at most $2.
-- Parameters: $1 lo text (pg_snapshot), $2 limit int4, $3 stream text, $4 bytes int8: payloads beyond this many bytes in
-- all come as NULL.
-- Result: seq, xid, created_at_us, trace_id, span_id, key, hi: in the first row this statement's own snapshot as text,
-- topic, id, type, payload, headers.
SELECT w.seq, w.xid, w.created_at_us, w.trace_id, w.span_id, w.aggregateid,
    CASE WHEN row_number() OVER (ORDER BY w.seq) = 1 THEN pg_current_snapshot()::text END,
    w.topic, w.id, w.type,
    CASE WHEN w.bytes <= $4::bigint THEN w.payload END,
    CASE WHEN w.bytes <= $4::bigint THEN w.headers END
FROM (
    SELECT o.*, sum(octet_length(o.payload) + coalesce(octet_length(o.headers), 0)) OVER (ORDER BY o.seq) AS bytes
    FROM (
        -- Two halves, each by the index on (stream, xid): with OR a plan may walk along all of the stream.
        SELECT * FROM (
            SELECT * FROM outbox WHERE stream = $3::text AND xid >= pg_snapshot_xmax($1::text::pg_snapshot)
            UNION ALL
            SELECT o.*
            FROM pg_snapshot_xip($1::text::pg_snapshot) AS i (xid)
            CROSS JOIN LATERAL (SELECT * FROM outbox o WHERE o.stream = $3::text AND o.xid = i.xid OFFSET 0) AS o
        ) AS both_halves
        ORDER BY seq + 0 -- never by a walk along the primary key from its beginning
        LIMIT $2::integer
    ) AS o
) AS w
ORDER BY w.seq
