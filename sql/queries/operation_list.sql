-- Operations of one account, transfers to it among them, that are owned here, oldest first, from after a place on.
-- Parameters: $1 account_no int8, $2 state int2 (NULL: any), place: $3 created_at_us int8, $4 client_no int4, $5 key text;
--   $6 limit int4.
-- Result: client_no int4, key text, kind int2, state int2, amount int8, reason text, created_at_us int8, decided_at_us int8,
--   the payee's account_id text, hold_id uuid, expires_at_us int8, service text, price_version int8,
--   original_key text, refunded int8, of a transfer to the account its payer's account_id text.
SELECT o.client_no, o.key, o.kind, o.state, o.amount, o.reason, o.created_at_us, o.decided_at_us, p.account_id, o.hold_id,
    o.expires_at_us, o.service, o.price_version, o.original_key, o.refunded,
    CASE WHEN o.account_no <> $1::bigint THEN q.account_id END
FROM (
    SELECT * FROM (
        (SELECT * FROM operation
         WHERE account_no = $1::bigint AND state = coalesce($2::smallint, state)
             AND (created_at_us, client_no, key) > ($3::bigint, $4::integer, $5::text)
         ORDER BY created_at_us, client_no, key
         LIMIT $6::integer)
        UNION ALL
        (SELECT * FROM operation
         WHERE payee_no = $1::bigint AND state = coalesce($2::smallint, state)
             AND (created_at_us, client_no, key) > ($3::bigint, $4::integer, $5::text)
         ORDER BY created_at_us, client_no, key
         LIMIT $6::integer)) both_sides
    ORDER BY created_at_us, client_no, key
    LIMIT $6::integer) o
-- Where the operation is, both shares are.
LEFT JOIN share p ON p.account_no = o.payee_no
LEFT JOIN share q ON q.account_no = o.account_no
ORDER BY o.created_at_us, o.client_no, o.key
