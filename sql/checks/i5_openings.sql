-- invariant: I5, an opening balance is entered once
-- meaning: each account that was opened with a balance has one entry OPENING of that amount, at the catalogue datacenter,
--          and no other has one; over all datacenters, as far as known here, no account has two.
-- columns: account_no, asked, entries, entered, datacenters
SELECT coalesce(c.account_no, e.account_no) AS account_no, c.asked, coalesce(e.entries, 0) AS entries, e.entered,
    d.code AS datacenters
FROM (SELECT account_no, sum(asked_amount) AS asked FROM catalogue_command
      WHERE reason IS NULL AND kind = 1 AND asked_amount > 0 GROUP BY account_no) c
FULL JOIN (SELECT account_no, count(*) AS entries, sum(amount) AS entered FROM ledger
           WHERE kind = 15 GROUP BY account_no) e ON e.account_no = c.account_no
CROSS JOIN local_datacenter d
WHERE c.asked IS DISTINCT FROM e.entered OR e.entries <> 1
UNION ALL
SELECT account_no, NULL, count(*), sum(amount), string_agg(dc, ' ' ORDER BY dc)
FROM (SELECT l.account_no, l.amount, d.code AS dc FROM ledger l CROSS JOIN local_datacenter d WHERE l.kind = 15
      UNION ALL
      SELECT account_no, amount, dc FROM replicated_ledger WHERE kind = 15) opened
GROUP BY account_no
HAVING count(*) > 1
ORDER BY 1
