-- Stores a page before it is sent. Only the publisher that holds the lease can; the primary key lets only one follow each
-- page. (Both together: a window is never missed and never cut twice, whoever believes what.)
-- Parameters: $1 stream text, $2 number int8, $3 lo text, $4 hi text (pg_snapshot), $5 first and $6 last seq int8,
-- $7 lowest and $8 highest xid text (NULL: none), $9 records int4, $10 partitions per topic int4, $11 topics text[],
-- $12 partitions int4[], $13 counts int4[], $14 previous int8[], $15 cut at (us) int8, $16 holder of the lease text.
-- Result: none; 0 rows affected: another holds the lease.
INSERT INTO page (stream, number, lo, hi, seq_from, seq_to, xid_from, xid_to, records, partitions_per_topic, topics,
                  partitions, counts, previous, cut_at_us)
SELECT $1::text, $2::bigint, $3::text::pg_snapshot, $4::text::pg_snapshot, $5::bigint, $6::bigint, $7::text::xid8,
    $8::text::xid8, $9::integer, $10::integer, $11::text[], $12::integer[], $13::integer[], $14::bigint[], $15::bigint
WHERE EXISTS (SELECT FROM publisher_lease WHERE holder = $16::text)
