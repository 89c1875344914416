-- The operations of these keys as far as they are there. A statement of its own after the shares are locked.
-- Parameters, side by side: $1 client numbers int4[], $2 keys text[], $3 is the metadata wanted bool[].
-- Result: place in the arrays int8 (from 1), kind int2, state int2, account_no int8, amount int8, decided_at_us int8,
-- awaited bool, reason text, reference text, metadata text (null where not wanted), created_at_us int8, facts text,
-- deadline_us int8, payee_no int8, hold_id uuid, expires_at_us int8, service text, price_version int8, batch_id uuid,
-- original_key text, refunded int8.
SELECT k.place, o.kind, o.state, o.account_no, o.amount, o.decided_at_us, o.awaited, o.reason, o.reference,
    CASE WHEN k.metadata_wanted THEN o.metadata END, o.created_at_us, o.facts, o.deadline_us,
    o.payee_no, o.hold_id, o.expires_at_us, o.service, o.price_version, o.batch_id, o.original_key, o.refunded
FROM unnest($1::integer[], $2::text[], $3::boolean[])
    WITH ORDINALITY AS k (client_no, key, metadata_wanted, place)
JOIN operation o ON o.client_no = k.client_no AND o.key = k.key
