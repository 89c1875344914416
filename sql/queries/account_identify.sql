-- What accounts are known by. Parameters: $1 account_id text[].
-- Result, one row each in the given order: account_no int8 (NULL: not known here), currency text, status int2.
SELECT a.account_no, a.currency, a.status
FROM unnest($1::text[]) WITH ORDINALITY AS i (account_id, place)
LEFT JOIN account a ON a.account_id = i.account_id
ORDER BY i.place
