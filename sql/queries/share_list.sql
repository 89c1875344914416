-- The own shares of accounts. Parameters: $1 account numbers int8[].
-- Result, one row each in the given order, zeros where there is no share yet: balance, held, version, credits_total,
--   debits_total int8.
SELECT coalesce(s.balance, 0), coalesce(s.held, 0), coalesce(s.version, 0), coalesce(s.credits_total, 0),
    coalesce(s.debits_total, 0)
FROM unnest($1::bigint[]) WITH ORDINALITY AS i (account_no, place)
LEFT JOIN share s ON s.account_no = i.account_no
ORDER BY i.place
