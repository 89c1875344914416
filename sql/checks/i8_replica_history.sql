-- invariant: I8, a replica that is up to date has the whole history
-- meaning: of a source whose every page up to the last it told us of is complete here, the copied entries of each share
--          are numbered 1..n without gaps. (A share with an entry younger than that telling may have a hole still to be
--          filled, and is left out.)
-- columns: dc, account_no, entries, lowest, highest
WITH quiet AS (
    SELECT h.source AS dc, min(h.at_us) AS told_at_us
    FROM source_head h
    LEFT JOIN progress p ON p.source = h.source AND p.stream = h.stream AND p.topic = h.topic
        AND p.partition = h.partition
    WHERE h.stream = 'ledger'
    GROUP BY h.source
    HAVING bool_and(coalesce(p.complete, 0) >= h.page)
)
SELECT l.dc, l.account_no, count(*) AS entries, min(l.version) AS lowest, max(l.version) AS highest
FROM replicated_ledger l
JOIN quiet q ON q.dc = l.dc
GROUP BY l.dc, l.account_no, q.told_at_us
HAVING (min(l.version) <> 1 OR max(l.version) <> count(*)) AND max(l.created_at_us) < q.told_at_us
ORDER BY l.dc, l.account_no
