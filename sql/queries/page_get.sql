-- The first stored page of a stream from a number on.
-- Parameters: $1 stream text, $2 number int8. Result: the page, or no row.
SELECT number, lo::text, hi::text, seq_from, seq_to, xid_from::text, xid_to::text, records, partitions_per_topic,
    cut_at_us
FROM page
WHERE stream = $1::text AND number >= $2::bigint
ORDER BY number
LIMIT 1
