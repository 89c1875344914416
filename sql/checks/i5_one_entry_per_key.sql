-- invariant: I5, one effect per key
-- meaning: over all datacenters, as far as known here, a client's key has moved money for its operation at most once, at one
--          datacenter; and what came with it (a transfer in, a rest released, an expiry) came once, there.
-- columns: client_no, key, kinds, datacenters
SELECT client_no, key, string_agg(k.name, ' ' ORDER BY k.kind) AS kinds, string_agg(DISTINCT dc, ' ' ORDER BY dc) AS datacenters
FROM (SELECT l.client_no, l.key, l.kind, d.code AS dc FROM ledger l CROSS JOIN local_datacenter d WHERE l.key IS NOT NULL
      UNION ALL
      SELECT client_no, key, kind, dc FROM replicated_ledger WHERE key IS NOT NULL) keyed
JOIN entry_kind k ON k.kind = keyed.kind AND k.name NOT IN ('SHARE_OUT', 'SHARE_IN', 'STATUS', 'OPENING')
GROUP BY client_no, key
HAVING count(*) > 1
   AND (count(k.operation) > 1 OR count(DISTINCT k.kind) < count(*) OR count(DISTINCT dc) > 1)
ORDER BY client_no, key
