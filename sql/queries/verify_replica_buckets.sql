-- The copies of the other datacenters' shares in 256 buckets of accounts, as verify_share_buckets.
-- Parameters: none.
-- Result: dc text, bucket int4, sums text.
SELECT dc, (account_no % 256)::integer AS bucket,
    count(*) || ' ' || sum(version) || ' ' || sum(hashtextextended(
        ROW(account_no, version, balance, held, credits_total, debits_total, out_total, in_total, status, account_version)::text,
        0)::numeric) AS sums
FROM replicated_share
GROUP BY 1, 2
ORDER BY 1, 2
