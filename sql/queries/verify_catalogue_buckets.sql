-- The catalogue in buckets, for comparing it between datacenters: 0..255 accounts, 256 clients,
-- 257 services.
-- Parameters: none.
-- Result: bucket int4, sums text (count, sum of versions, sum of what each row's content hashes to), by bucket.
SELECT bucket, count(*) || ' ' || sum(version) || ' ' || sum(hashtextextended(item, 0)::numeric) AS sums
FROM (SELECT (account_no % 256)::integer AS bucket, version,
          ROW(account_no, version, account_id, name, currency, status)::text AS item FROM account
      UNION ALL
      SELECT 256, version, ROW(client_no, version, name, token_hash, role, home, revoked)::text FROM client
      UNION ALL
      SELECT 257, version, ROW(service_id, version, name, price, currency, retired)::text FROM service) items
GROUP BY bucket
ORDER BY bucket
