-- invariant: I8, a replicated share is the newest entry that came
-- meaning: version, balance, held and totals of each replicated share are those of its replicated entry with the highest
--          version; no copied entry is without its share.
-- columns: dc, account_no, share_version, entry_version, share_balance, entry_balance
SELECT coalesce(s.dc, l.dc) AS dc, coalesce(s.account_no, l.account_no) AS account_no, s.version AS share_version,
    l.version AS entry_version, s.balance AS share_balance, l.balance_after AS entry_balance
FROM replicated_share s
FULL JOIN (SELECT DISTINCT ON (account_no, dc) * FROM replicated_ledger ORDER BY account_no, dc, version DESC) l
    ON l.account_no = s.account_no AND l.dc = s.dc
WHERE (s.version, s.balance, s.held, s.credits_total, s.debits_total, s.out_total, s.in_total, s.status)
    IS DISTINCT FROM
      (l.version, l.balance_after, l.held_after, l.credits_total, l.debits_total, l.out_total, l.in_total, l.status)
ORDER BY 1, 2
