-- Pay-ins that are overdue no more.
-- Parameters, side by side: $1 client numbers int4[], $2 keys text[], $3 asked by (datacenter) text[]. Result: none.
DELETE FROM overdue o
USING unnest($1::integer[], $2::text[], $3::text[]) AS n (client_no, key, asked_by)
WHERE o.client_no = n.client_no AND o.key = n.key AND o.asked_by = n.asked_by
