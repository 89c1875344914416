-- The operations that wait for money of these accounts, oldest first. A statement of its own after the shares are locked.
-- Parameters: $1 account numbers int8[].
-- Result: account_no int8, client_no int4, key text, kind int2, amount int8, reference text, created_at_us int8,
-- awaited bool, trace_id uuid, span_id int8, clock_us, after_seq, deadline_us int8, impatient bool, metadata text, payee_no int8, hold_id uuid,
-- expires_at_us int8.
SELECT w.account_no, w.client_no, w.key, o.kind, o.amount, o.reference, o.created_at_us, o.awaited, o.trace_id, o.span_id,
    w.clock_us, w.after_seq, w.deadline_us, w.impatient, o.metadata, o.payee_no, o.hold_id,
    o.expires_at_us
FROM waiting w
JOIN operation o ON o.client_no = w.client_no AND o.key = w.key
WHERE w.account_no = ANY ($1::bigint[])
ORDER BY w.account_no, w.clock_us, w.client_no, w.key
