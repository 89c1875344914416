-- Entries of one account from all datacenters, oldest first, of each datacenter in version order from after a version on.
-- A copied entry is shown once all before it are here, so that whoever goes on from its version misses nothing.
-- Parameters: $1 account_no int8, $2 codes text[] with $3 versions int8[] side by side (a datacenter that is not among them:
--   from the first), $4 limit int4, $5 own code text, $6 only this datacenter text (NULL: all).
-- Result: dc text, version int8, kind int2, amount int8, balance_after int8, key text, reference text, peer text,
--   created_at_us int8.
WITH place AS (
    SELECT d.dc, coalesce(c.version, 0) AS version
    FROM (SELECT $5::text AS dc UNION SELECT dc FROM replicated_share WHERE account_no = $1::bigint) d
    LEFT JOIN unnest($2::text[], $3::bigint[]) AS c (dc, version) ON c.dc = d.dc
    WHERE d.dc = coalesce($6::text, d.dc)
)
SELECT e.dc, e.version, e.kind, e.amount, e.balance_after, e.key, e.reference, e.peer, e.created_at_us
FROM (
    (SELECT p.dc, l.version, l.kind, l.amount, l.balance_after, l.key, l.reference, l.peer, l.created_at_us
     FROM place p
     JOIN ledger l ON l.account_no = $1 AND l.version > p.version
     WHERE p.dc = $5
     ORDER BY l.version
     LIMIT $4::integer)
    UNION ALL
    SELECT p.dc, r.version, r.kind, r.amount, r.balance_after, r.key, r.reference, r.peer, r.created_at_us
    FROM place p
    CROSS JOIN LATERAL (
        SELECT l.*, row_number() OVER (ORDER BY l.version) AS nth
        FROM replicated_ledger l
        WHERE l.account_no = $1 AND l.dc = p.dc AND l.version > p.version
        ORDER BY l.version
        LIMIT $4) r
    WHERE p.dc <> $5 AND r.version = p.version + r.nth
) e
-- Never before an earlier version of the same datacenter, whatever its clock did.
ORDER BY max(e.created_at_us) OVER (PARTITION BY e.dc ORDER BY e.version), e.dc, e.version
LIMIT $4
