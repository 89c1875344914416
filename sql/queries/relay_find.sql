-- The relayed commands of these keys as far as they are there.
-- Parameters, side by side: $1 client numbers int4[], $2 keys text[]. Result: place in the arrays int8 (from 1), owner text,
-- account_no int8, state int2.
SELECT k.place, r.owner, r.account_no, r.state
FROM unnest($1::integer[], $2::text[]) WITH ORDINALITY AS k (client_no, key, place)
JOIN relay r ON r.client_no = k.client_no AND r.key = k.key
