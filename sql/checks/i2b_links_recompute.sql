-- invariant: I2b, the links recompute
-- meaning: each entry that moves share names the peer, and the totals of the link after it: all that went to this peer, all that
--          came from it; and a link's totals are those of its last entry.
-- columns: account_no, peer, version, out_total, in_total, moved_out, moved_in
WITH step AS (
    SELECT account_no, peer, version, link_out_total, link_in_total,
        sum(CASE kind WHEN 3 THEN amount ELSE 0 END) OVER link AS moved_out,
        sum(CASE kind WHEN 4 THEN amount ELSE 0 END) OVER link AS moved_in
    FROM ledger
    WHERE kind IN (3, 4)
    WINDOW link AS (PARTITION BY account_no, peer ORDER BY version)
), last AS (
    SELECT DISTINCT ON (account_no, peer) account_no, peer, version, moved_out, moved_in
    FROM step
    ORDER BY account_no, peer, version DESC
)
SELECT account_no, peer, version, link_out_total AS out_total, link_in_total AS in_total, moved_out, moved_in
FROM step
WHERE peer IS NULL OR link_out_total IS DISTINCT FROM moved_out OR link_in_total IS DISTINCT FROM moved_in
UNION ALL
SELECT coalesce(l.account_no, e.account_no), coalesce(l.peer, e.peer), e.version, l.out_total, l.in_total, e.moved_out,
    e.moved_in
FROM share_link l
FULL JOIN last e ON e.account_no = l.account_no AND e.peer = l.peer
WHERE coalesce(l.out_total, 0) <> coalesce(e.moved_out, 0) OR coalesce(l.in_total, 0) <> coalesce(e.moved_in, 0)
ORDER BY 1, 2, 3
