-- What waits for money of accounts here. Parameters: $1 account numbers int8[].
-- Result: place in the array int8 (from 1), operations int8, their amounts int8, the oldest since (us) int8, the next deadline
--   (us) int8; by place, none where nothing waits.
SELECT i.place, count(*), least(sum(o.amount), 9223372036854775807)::bigint, min(o.created_at_us), min(w.deadline_us)
FROM unnest($1::bigint[]) WITH ORDINALITY AS i (account_no, place)
JOIN waiting w ON w.account_no = i.account_no
JOIN operation o ON o.client_no = w.client_no AND o.key = w.key
GROUP BY i.place
ORDER BY i.place
