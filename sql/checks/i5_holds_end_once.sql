-- invariant: I5, a hold begins and ends once
-- meaning: every hold is that of one operation, HELD, of its account, amount and expiry, and the other way round. Captured it is by
--          one PAID capture, of so much, with the rest released in the same; voided by one RELEASED void; both before its expiry.
--          Expired it is by one entry under its own key, from its expiry on. Nothing else ends it.
-- columns: hold_id, account_no, state, amount, captured, captures, voids, expiries, why
WITH made AS (
    SELECT h.*, p.account_no = h.account_no AND p.amount = h.amount AND p.expires_at_us = h.expires_at_us AS placed
    FROM hold h
    LEFT JOIN operation p ON p.client_no = h.client_no AND p.key = h.key AND p.kind = 3 AND p.state = 6
        AND p.hold_id = h.hold_id
), ends AS (
    SELECT o.hold_id, count(*) FILTER (WHERE o.kind = 4) AS captures, count(*) FILTER (WHERE o.kind = 5) AS voids,
        sum(o.amount) FILTER (WHERE o.kind = 4) AS taken, coalesce(sum(l.amount), 0) AS released
    FROM operation o
    LEFT JOIN ledger l ON l.client_no = o.client_no AND l.key = o.key AND l.kind = 10
    WHERE (o.kind, o.state) IN ((4, 4), (5, 7))
    GROUP BY o.hold_id
), expired AS (
    SELECT client_no, key, count(*) AS expiries, sum(amount) AS amount
    FROM ledger
    WHERE kind = 9
    GROUP BY client_no, key
), told AS (
    SELECT m.*, coalesce(e.captures, 0) AS captures, coalesce(e.voids, 0) AS voids, coalesce(x.expiries, 0) AS expiries,
        coalesce(e.taken, 0) AS taken, coalesce(e.released, 0) AS released, coalesce(x.amount, 0) AS expired
    FROM made m
    LEFT JOIN ends e ON e.hold_id = m.hold_id
    LEFT JOIN expired x ON x.client_no = m.client_no AND x.key = m.key
)
SELECT hold_id, account_no, state, amount, captured, captures, voids, expiries, 'began or ended otherwise than it says' AS why
FROM told
WHERE placed IS NOT TRUE
   OR (captures, voids, expiries) <> ((state = 2)::integer, (state = 3)::integer, (state = 4)::integer)
   OR taken <> captured
   OR released <> CASE WHEN state = 2 THEN amount - captured ELSE 0 END
   OR expired <> CASE WHEN state = 4 THEN amount ELSE 0 END
   OR (state <> 1 AND (state = 4) <> (ended_at_us >= expires_at_us))
UNION ALL
SELECT o.hold_id, o.account_no, o.state, o.amount, NULL, NULL, NULL, NULL, 'an operation without its hold'
FROM operation o
WHERE (o.kind, o.state) IN ((3, 6), (4, 4), (5, 7)) AND NOT EXISTS (SELECT FROM hold h WHERE h.hold_id = o.hold_id)
UNION ALL
SELECT NULL, l.account_no, l.kind, l.amount, NULL, NULL, NULL, NULL, 'an expiry without its hold'
FROM ledger l
WHERE l.kind = 9 AND NOT EXISTS (SELECT FROM hold h WHERE h.client_no = l.client_no AND h.key = l.key)
ORDER BY 2, 1
