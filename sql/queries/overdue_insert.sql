-- Pay-ins that would pass a cap.
-- Parameters, side by side: $1 client numbers int4[], $2 keys text[], $3 asked by (datacenter) text[],
-- $4 account numbers int8[]; $5 now (us) int8. Result: none.
INSERT INTO overdue (client_no, key, asked_by, account_no, since_us)
SELECT n.client_no, n.key, n.asked_by, n.account_no, $5::bigint
FROM unnest($1::integer[], $2::text[], $3::text[], $4::bigint[]) AS n (client_no, key, asked_by, account_no)
ON CONFLICT (client_no, key, asked_by) DO NOTHING
