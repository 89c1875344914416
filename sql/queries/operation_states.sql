-- Where operations stand that requests wait for, own and relayed ones.
-- Parameters: $1 client_no int4[], $2 key text[].
-- Result, one row each in the given order: state int2 (NULL: no such operation), decided_at_us int8, reason text,
-- facts text.
SELECT coalesce(o.state, r.state), coalesce(o.decided_at_us, r.decided_at_us), coalesce(o.reason, r.reason), o.facts
FROM unnest($1::integer[], $2::text[]) WITH ORDINALITY AS i (client_no, key, place)
LEFT JOIN operation o ON o.client_no = i.client_no AND o.key = i.key
LEFT JOIN relay r ON r.client_no = i.client_no AND r.key = i.key
ORDER BY i.place
