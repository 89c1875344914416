-- invariant: I5, an operation and its entry agree
-- meaning: a BOOKED, PAID, HELD or RELEASED operation has exactly one entry of its kind, account, amount and reference; an
--          ACCEPTED, WAITING or REFUSED one has none; and each entry that is an operation's effect has its operation.
-- columns: client_no, key, state, entries, entry_account_no, account_no, entry_amount, amount
SELECT coalesce(o.client_no, e.client_no) AS client_no, coalesce(o.key, e.key) AS key, o.state,
    coalesce(e.entries, 0) AS entries, e.account_no AS entry_account_no, o.account_no, e.amount AS entry_amount,
    o.amount
FROM operation o
FULL JOIN (SELECT l.client_no, l.key, count(*) AS entries, min(l.account_no) AS account_no, min(l.amount) AS amount,
               min(k.operation) AS kind, min(l.reference) AS reference
           FROM ledger l JOIN entry_kind k ON k.kind = l.kind AND k.operation IS NOT NULL
           WHERE l.key IS NOT NULL
           GROUP BY l.client_no, l.key) e ON e.client_no = o.client_no AND e.key = o.key
WHERE CASE
    WHEN o.key IS NULL THEN true
    WHEN o.state IN (2, 4, 6, 7) THEN coalesce(e.entries, 0) <> 1 OR e.kind <> o.kind OR e.account_no <> o.account_no
        OR e.amount <> o.amount OR e.reference IS DISTINCT FROM o.reference
    ELSE e.entries IS NOT NULL
    END
ORDER BY 1, 2
