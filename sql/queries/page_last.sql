-- Where a stream ends: its last stored page. $2 lets the caller see a database whose transaction ids went back.
-- Parameters: $1 stream text. Result: number, hi as text, is hi in this database's past (boolean); or no row.
SELECT number, hi::text, pg_snapshot_xmax(hi) <= pg_snapshot_xmax(pg_current_snapshot())
FROM page
WHERE stream = $1::text
ORDER BY number DESC
LIMIT 1
