-- What holds are about; none of it ever changes. Parameters: $1 hold ids uuid[].
-- Result, one row each in the given order: account_no int8 (NULL: no such hold here), account_id text, currency text,
-- amount int8.
SELECT h.account_no, s.account_id, s.currency, h.amount
FROM unnest($1::uuid[]) WITH ORDINALITY AS i (hold_id, place)
LEFT JOIN hold h ON h.hold_id = i.hold_id
LEFT JOIN share s ON s.account_no = h.account_no
ORDER BY i.place
