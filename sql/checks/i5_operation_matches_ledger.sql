-- invariant: I5, an operation and its entries agree
-- meaning: a BOOKED, PAID, HELD or RELEASED operation has exactly one entry of its kind, account, amount and reference, and of a
--          transfer one more at the payee's; an ACCEPTED, WAITING or REFUSED one has none; each entry that is an operation's effect
--          has its operation; and no operation is in a state that its kind cannot have. (How holds end besides is
--          i5_holds_end_once's.)
-- columns: client_no, key, state, entries, entry_account_no, account_no, entry_amount, amount
WITH wanted AS (
    SELECT o.client_no, o.key, o.state, k.kind AS entry_kind, o.account_no, o.amount, o.reference
    FROM operation o
    LEFT JOIN entry_kind k ON k.operation = o.kind
    UNION ALL
    SELECT o.client_no, o.key, o.state, k.kind, coalesce(o.payee_no, 0), o.amount, o.reference
    FROM operation o
    JOIN entry_kind k ON k.name = 'TRANSFER_IN'
    WHERE o.kind = 6
), found AS (
    SELECT l.client_no, l.key, l.kind, count(*) AS entries, min(l.account_no) AS account_no, min(l.amount) AS amount,
        min(l.reference) AS reference
    FROM ledger l
    JOIN entry_kind k ON k.kind = l.kind AND (k.operation IS NOT NULL OR k.name = 'TRANSFER_IN')
    WHERE l.key IS NOT NULL
    GROUP BY l.client_no, l.key, l.kind
)
SELECT coalesce(w.client_no, f.client_no) AS client_no, coalesce(w.key, f.key) AS key, w.state,
    coalesce(f.entries, 0) AS entries, f.account_no AS entry_account_no, w.account_no, f.amount AS entry_amount, w.amount
FROM wanted w
FULL JOIN found f ON f.client_no = w.client_no AND f.key = w.key AND f.kind = w.entry_kind
WHERE CASE
    WHEN w.key IS NULL THEN true
    WHEN w.state IN (2, 4, 6, 7) THEN coalesce(f.entries, 0) <> 1 OR f.account_no <> w.account_no OR f.amount <> w.amount
        OR f.reference IS DISTINCT FROM w.reference
    ELSE f.entries IS NOT NULL
    END
UNION ALL
SELECT o.client_no, o.key, o.state, 0, NULL, o.account_no, NULL, o.amount
FROM operation o
LEFT JOIN (VALUES (1, ARRAY[1, 2, 5]), (2, ARRAY[3, 4, 5]), (3, ARRAY[3, 5, 6]), (4, ARRAY[4, 5]), (5, ARRAY[5, 7]),
                  (6, ARRAY[3, 4, 5]), (7, ARRAY[3, 4, 5]), (8, ARRAY[2, 5])) AS may (kind, states) ON may.kind = o.kind
WHERE (o.state = ANY (may.states)) IS NOT TRUE
ORDER BY 1, 2
