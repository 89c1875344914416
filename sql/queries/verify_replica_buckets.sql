-- The copies of the other datacenters' shares in 256 buckets of accounts, as verify_share_buckets.
-- Parameters: none.
-- Result: dc text, bucket int4, count int8, sum of versions text, of balances text, of held text.
SELECT dc, (account_no % 256)::integer AS bucket, count(*), sum(version)::text, sum(balance)::text, sum(held)::text
FROM replicated_share
GROUP BY 1, 2
ORDER BY 1, 2
