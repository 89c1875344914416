-- Link totals of another datacenter's shares; each applies by the greater.
-- Parameters: $1 its code text; then side by side, one for each account and peer: $2 account_no int8[], $3 peer text[],
--             $4 out_total int8[], $5 in_total int8[].
-- Result: none.
INSERT INTO replicated_link AS l (dc, account_no, peer, out_total, in_total)
SELECT $1::text, g.account_no, g.peer, g.out_total, g.in_total
FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[]) AS g(account_no, peer, out_total, in_total)
ON CONFLICT (account_no, dc, peer) DO UPDATE
SET out_total = greatest(l.out_total, excluded.out_total), in_total = greatest(l.in_total, excluded.in_total)
WHERE l.out_total < excluded.out_total OR l.in_total < excluded.in_total
