-- Deletes pages that all readers have, and the outbox rows that they were cut from; at most $6 pages.
-- Parameters: $1 stream text, $2 up to page int8, $3 pages to keep int8[] (the last of each partition), $4 cut before
-- (us) int8, $5 holder of the lease text, $6 limit int4. Result: none.
WITH gone AS (
    DELETE FROM page
    WHERE stream = $1::text
      AND number IN (SELECT number FROM page
                     WHERE stream = $1::text AND number <= $2::bigint AND number <> ALL ($3::bigint[])
                       AND cut_at_us < $4::bigint
                     ORDER BY number
                     LIMIT $6::integer)
      AND EXISTS (SELECT FROM publisher_lease WHERE holder = $5::text)
    RETURNING lo, hi, seq_from, seq_to
)
DELETE FROM outbox o
USING gone g
WHERE o.stream = $1::text
  AND o.seq BETWEEN g.seq_from AND g.seq_to
  AND pg_visible_in_snapshot(o.xid, g.hi)
  AND NOT pg_visible_in_snapshot(o.xid, g.lo)
