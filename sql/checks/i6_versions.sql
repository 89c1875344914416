-- invariant: I6, versions 1..n without gaps
-- meaning: the entries of each share are numbered from 1 without gaps.
-- columns: account_no, entries, lowest, highest
SELECT account_no, count(*) AS entries, min(version) AS lowest, max(version) AS highest
FROM ledger
GROUP BY account_no
HAVING min(version) <> 1 OR max(version) <> count(*)
ORDER BY account_no
