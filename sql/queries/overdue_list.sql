-- Overdue pay-ins that fit by now, as their messages were.
-- Parameters: $1 how many at most int4. Result, oldest first: client_no int4, key text, asked_by text, account_no int8,
-- account_id text, currency text, amount int8, reference text, metadata text, created_at_us int8, trace_id uuid, span_id int8.
SELECT d.client_no, d.key, d.asked_by, o.account_no, s.account_id, s.currency, o.amount, o.reference, o.metadata,
    o.created_at_us, o.trace_id, o.span_id
FROM overdue d
-- LIMIT 1 keeps it a look-up per row, whatever the planner believes of the number of rows.
CROSS JOIN LATERAL (SELECT * FROM operation o WHERE o.client_no = d.client_no AND o.key = d.key LIMIT 1) AS o
CROSS JOIN LATERAL (SELECT * FROM share s WHERE s.account_no = o.account_no LIMIT 1) AS s
WHERE o.state <> 1
    OR (s.balance + o.amount <= 9007199254740991 AND s.credits_total + o.amount <= 4611686018427387904)
ORDER BY d.since_us
LIMIT $1::integer
