-- Operations of one account that were relayed to another datacenter, as known here; shown while that one cannot be asked.
-- Parameters: $1 account_no int8, $2 state int2 (NULL: any), place: $3 created_at_us int8, $4 client_no int4, $5 key text;
--   $6 limit int4, $7 owner text.
-- Result: as operation_list.
SELECT client_no, key, kind, state, amount, reason, created_at_us, decided_at_us, NULL::text, NULL::uuid,
    NULL::bigint, NULL::text, NULL::bigint, original_key, NULL::bigint
FROM relay
WHERE account_no = $1::bigint AND owner = $7::text AND state = coalesce($2::smallint, state)
    AND (created_at_us, client_no, key) > ($3::bigint, $4::integer, $5::text)
ORDER BY created_at_us, client_no, key
LIMIT $6::integer
