-- The copies of other datacenters' shares of accounts. Parameters: $1 account numbers int8[].
-- Result: place in the array int8 (from 1), dc text, balance, held, version, credits_total, debits_total int8; by place.
SELECT i.place, r.dc, r.balance, r.held, r.version, r.credits_total, r.debits_total
FROM unnest($1::bigint[]) WITH ORDINALITY AS i (account_no, place)
JOIN replicated_share r ON r.account_no = i.account_no
ORDER BY i.place
