-- invariant: I6, a share is its last entry
-- meaning: version, balance, held and totals of a share are those of its entry with the highest version; a share
--          without entries is empty; no entry is without a share.
-- columns: account_no, share_version, entry_version, share_balance, entry_balance
SELECT coalesce(s.account_no, l.account_no) AS account_no, s.version AS share_version, l.version AS entry_version,
    s.balance AS share_balance, l.balance_after AS entry_balance
FROM share s
FULL JOIN (SELECT DISTINCT ON (account_no) * FROM ledger ORDER BY account_no, version DESC) l
    ON l.account_no = s.account_no
WHERE (s.version, s.balance, s.held, s.credits_total, s.debits_total, s.out_total, s.in_total, s.status)
    IS DISTINCT FROM
      (coalesce(l.version, 0), coalesce(l.balance_after, 0), coalesce(l.held_after, 0), coalesce(l.credits_total, 0),
       coalesce(l.debits_total, 0), coalesce(l.out_total, 0), coalesce(l.in_total, 0), coalesce(l.status, s.status))
ORDER BY 1
