-- invariant: I5, one effect per key
-- meaning: over all datacenters, as far as known here, a client's key has paid in or paid out at most once.
-- columns: client_no, key, entries, datacenters
SELECT client_no, key, count(*) AS entries, string_agg(DISTINCT dc, ' ' ORDER BY dc) AS datacenters
FROM (SELECT l.client_no, l.key, d.code AS dc FROM ledger l CROSS JOIN local_datacenter d
      WHERE l.kind IN (1, 2) AND l.key IS NOT NULL
      UNION ALL
      SELECT client_no, key, dc FROM replicated_ledger WHERE kind IN (1, 2) AND key IS NOT NULL) money
GROUP BY client_no, key
HAVING count(*) > 1
ORDER BY client_no, key
