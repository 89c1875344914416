-- Own shares in 256 buckets of accounts, for comparing with the copies at the other datacenters. Shares without an entry
-- have no copy and do not count.
-- Parameters: none.
-- Result: bucket int4, sums text (count, sum of versions, sum of what each row's content hashes to), by bucket.
SELECT (account_no % 256)::integer AS bucket,
    count(*) || ' ' || sum(version) || ' ' || sum(hashtextextended(
        ROW(account_no, version, balance, held, credits_total, debits_total, out_total, in_total, status, account_version)::text,
        0)::numeric) AS sums
FROM share
WHERE version > 0
GROUP BY 1
ORDER BY 1
