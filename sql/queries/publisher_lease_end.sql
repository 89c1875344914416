-- Ends a holder that gives no sign of life: every session of it, so that none of its transactions lives on, and whoever
-- has the lock. Only while the heartbeat is still the one that was found stale.
-- Parameters: $1 stale holder text, $2 its beat int8. Result: one row a session that was ended.
SELECT pg_terminate_backend(p.pid)
FROM (
    SELECT a.pid FROM pg_stat_activity a
    WHERE a.datname = current_database() AND $1::text <> ''
      AND a.application_name LIKE 'geobill-publisher/%/' || $1::text
    UNION
    SELECT l.pid FROM pg_locks l
    JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
      AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended('geobill.publisher', 0)
) AS p
WHERE p.pid <> pg_backend_pid()
  AND EXISTS (SELECT FROM publisher_lease WHERE holder = $1::text AND beat = $2::bigint)
