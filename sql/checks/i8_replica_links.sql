-- invariant: I8, a copied link is what its entries say
-- meaning: of a share whose entries are all here up to the last one, the copied link's totals are all that its entries moved to
--          and from that peer.
-- columns: dc, account_no, peer, out_total, in_total, moved_out, moved_in
WITH whole AS (
    SELECT dc, account_no FROM replicated_ledger GROUP BY dc, account_no HAVING count(*) = max(version)
), moved AS (
    SELECT r.dc, r.account_no, r.peer, sum(CASE r.kind WHEN 3 THEN r.amount ELSE 0 END) AS moved_out,
        sum(CASE r.kind WHEN 4 THEN r.amount ELSE 0 END) AS moved_in
    FROM replicated_ledger r
    JOIN whole w ON w.dc = r.dc AND w.account_no = r.account_no
    WHERE r.kind IN (3, 4)
    GROUP BY r.dc, r.account_no, r.peer
)
SELECT coalesce(l.dc, m.dc) AS dc, coalesce(l.account_no, m.account_no) AS account_no, coalesce(l.peer, m.peer) AS peer,
    l.out_total, l.in_total, m.moved_out, m.moved_in
FROM (SELECT l.* FROM replicated_link l JOIN whole w ON w.dc = l.dc AND w.account_no = l.account_no) l
FULL JOIN moved m ON m.dc = l.dc AND m.account_no = l.account_no AND m.peer = l.peer
WHERE coalesce(l.out_total, 0) <> coalesce(m.moved_out, 0) OR coalesce(l.in_total, 0) <> coalesce(m.moved_in, 0)
ORDER BY 1, 2, 3
