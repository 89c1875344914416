-- Operations that are refused for want of money. Parameters: $1 client_no int4[], $2 key text[] side by side, $3 now (us) int8.
-- Result: none.
INSERT INTO denial (decided_at_us, client_no, key)
SELECT $3::bigint, n.client_no, n.key
FROM unnest($1::integer[], $2::text[]) AS n (client_no, key)
