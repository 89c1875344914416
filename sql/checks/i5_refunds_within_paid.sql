-- invariant: I5, what is given back was paid
-- meaning: each pay-out, charge and capture says how much of it all its BOOKED refunds have given back, together at most what it
--          paid, to its account; they are its client's. Nothing else says so, and nothing but a refund names an original.
-- columns: client_no, key, kind, state, amount, refunded, given, why
WITH given AS (
    SELECT client_no, original_key AS key, sum(amount) AS amount, min(account_no) AS account_no,
        min(account_no) <> max(account_no) AS several
    FROM operation
    WHERE kind = 8 AND state = 2 AND original_key IS NOT NULL
    GROUP BY client_no, original_key
)
SELECT coalesce(o.client_no, g.client_no) AS client_no, coalesce(o.key, g.key) AS key, o.kind, o.state, o.amount, o.refunded,
    g.amount AS given,
    CASE WHEN o.key IS NULL THEN 'refunded, and nobody was paid by this key'
         WHEN o.kind NOT IN (2, 4, 7) OR o.state <> 4 THEN 'refunded, and was not paid'
         WHEN o.refunded <> coalesce(g.amount, 0) THEN 'its refunds gave back something else'
         WHEN o.refunded > o.amount THEN 'more was given back than was paid'
         ELSE 'it was given back to another account' END AS why
FROM operation o
FULL JOIN given g ON g.client_no = o.client_no AND g.key = o.key
WHERE o.key IS NULL OR o.refunded <> coalesce(g.amount, 0)
   OR (o.refunded <> 0 AND (o.kind NOT IN (2, 4, 7) OR o.state <> 4 OR o.refunded > o.amount OR g.several
                            OR g.account_no <> o.account_no))
UNION ALL
SELECT client_no, key, kind, state, amount, refunded, NULL, 'names an original, and is no refund, or the other way round'
FROM operation
WHERE (kind = 8) <> (original_key IS NOT NULL)
ORDER BY 1, 2
