-- Deletes pages that all readers have, and the outbox rows that they were cut from; at most $6 pages.
-- Parameters: $1 stream text, $2 up to page int8, $3 pages to keep int8[] (the last of each partition), $4 cut before
-- (us) int8, $5 holder of the lease text, $6 limit int4. Result: none.
-- The rows are gathered as an array, and found as they were when the page was cut (outbox_page): joined, a plan may walk
-- along the whole stream for every page.
WITH gone AS (
    DELETE FROM page
    WHERE stream = $1::text
      AND number <= (SELECT max(number) FROM (SELECT number FROM page
                                              WHERE stream = $1::text AND number <= $2::bigint
                                                AND number <> ALL ($3::bigint[]) AND cut_at_us < $4::bigint
                                              ORDER BY number
                                              LIMIT $6::integer) AS n)
      AND number <> ALL ($3::bigint[]) AND cut_at_us < $4::bigint
      AND EXISTS (SELECT FROM publisher_lease WHERE holder = $5::text)
    RETURNING lo, hi, seq_from, seq_to, xid_from, xid_to
)
DELETE FROM outbox
WHERE seq = ANY (ARRAY(
    SELECT o.seq
    FROM gone g
    CROSS JOIN LATERAL (
        SELECT seq, xid FROM outbox WHERE stream = $1::text AND xid >= g.xid_from AND xid <= g.xid_to
        UNION ALL
        SELECT o.seq, o.xid
        FROM pg_snapshot_xip(g.lo) AS i (xid)
        CROSS JOIN LATERAL (SELECT * FROM outbox o WHERE o.stream = $1::text AND o.xid = i.xid OFFSET 0) AS o
    ) AS o
    WHERE o.seq BETWEEN g.seq_from AND g.seq_to
      AND pg_visible_in_snapshot(o.xid, g.hi)
      AND NOT pg_visible_in_snapshot(o.xid, g.lo)))
