-- Renews our claims on late partitions, and takes those that nobody renewed for longer than $5.
-- Parameters: $1 topic text, $2 partitions int4[], $3 the last page of each that was complete a while ago int8[],
-- $4 reader text, $5 how old a claim may be (us) int8. Result: none; rows affected: the claims that are ours now.
UPDATE late_partition l
SET reader = $4::text, claimed_at_us = t.now_us, page = greatest(l.page, n.page)
FROM unnest($2::integer[], $3::bigint[]) AS n (partition, page),
    (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now_us) AS t
WHERE l.topic = $1::text AND l.partition = n.partition
    AND (l.reader = $4::text OR abs(t.now_us - l.claimed_at_us) > $5::bigint)
