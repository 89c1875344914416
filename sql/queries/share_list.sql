-- The own shares of accounts. Parameters: $1 account numbers int8[].
-- Result, one row each in the given order, zeros where there is no share yet: balance, held, version, credits_total,
--   debits_total int8, status int2 that the next command here obeys.
SELECT coalesce(s.balance, 0), coalesce(s.held, 0), coalesce(s.version, 0), coalesce(s.credits_total, 0),
    coalesce(s.debits_total, 0),
    CASE WHEN a.version > coalesce(s.account_version, 0) THEN a.status ELSE coalesce(s.status, 1::smallint) END
FROM unnest($1::bigint[]) WITH ORDINALITY AS i (account_no, place)
LEFT JOIN share s ON s.account_no = i.account_no
LEFT JOIN account a ON a.account_no = i.account_no
ORDER BY i.place
