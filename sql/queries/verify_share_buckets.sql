-- Own shares in 256 buckets of accounts, for comparing with the copies at the other datacenters. Shares without an entry
-- have no copy and do not count.
-- Parameters: none.
-- Result: bucket int4, count int8, sum of versions text, of balances text, of held text (sums may pass int8).
SELECT (account_no % 256)::integer AS bucket, count(*), sum(version)::text, sum(balance)::text, sum(held)::text
FROM share
WHERE version > 0
GROUP BY 1
ORDER BY 1
