-- Pages of a stream in order, for merging: which of them begin and end a window. The last one of the stream is not among
-- them.
-- Parameters: $1 stream text, $2 from number int8, $3 limit int4.
-- Result: number, records, partitions per topic, begins (no page before it is of its window), ends, cut_at_us.
SELECT number, records, partitions_per_topic, begins, ends, cut_at_us
FROM (
    SELECT number, records, partitions_per_topic, cut_at_us,
        lo::text IS DISTINCT FROM lag(lo::text) OVER (ORDER BY number) AS begins,
        lo::text <> lead(lo::text) OVER (ORDER BY number) AS ends
    FROM (
        SELECT number, records, partitions_per_topic, cut_at_us, lo
        FROM page
        WHERE stream = $1::text
          AND number >= coalesce((SELECT max(number) FROM page WHERE stream = $1::text AND number < $2::bigint), 0)
        ORDER BY number
        LIMIT $3::integer
    ) AS near
) AS listed
WHERE number >= $2::bigint AND ends IS NOT NULL
ORDER BY number
