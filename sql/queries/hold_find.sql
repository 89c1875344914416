-- Holds by their ids, with the operation that placed each. A statement of its own after the shares are locked.
-- Parameters: $1 hold ids uuid[].
-- Result: place in the array int8 (from 1), account_no int8, state int2, amount, captured, expires_at_us int8,
-- client_no int4, key text, reference text, trace_id uuid, span_id int8.
SELECT i.place, h.account_no, h.state, h.amount, h.captured, h.expires_at_us, h.client_no, h.key, o.reference, o.trace_id,
    o.span_id
FROM unnest($1::uuid[]) WITH ORDINALITY AS i (hold_id, place)
JOIN hold h ON h.hold_id = i.hold_id
JOIN operation o ON o.client_no = h.client_no AND o.key = h.key
