-- Relayed commands end as their owners decided.
-- Parameters, side by side: $1 client numbers int4[], $2 keys text[], $3 states int2[], $4 reasons text[],
-- $5 decided at (us) int8[]. Result: none.
UPDATE relay r
SET state = n.state, reason = n.reason, decided_at_us = n.decided_at_us
FROM unnest($1::integer[], $2::text[], $3::smallint[], $4::text[], $5::bigint[])
    AS n (client_no, key, state, reason, decided_at_us)
WHERE r.client_no = n.client_no AND r.key = n.key AND r.state = 1
