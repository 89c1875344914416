-- Stores refusals of the intake of pay-ins whose keys are owned elsewhere; nothing is sent to the owner.
-- Parameters: $1 client_no int4[], $2 key text[], $3 owner text[], $4 account_no int8[], $5 amount int8[],
--   $6 created_at_us int8[], $7 trace_id uuid[], $8 span_id int8[], $9 reason text[], $10 reference text[],
--   $11 metadata text[].
-- Result: created_at_us int8 of the stored ones.
INSERT INTO relay (client_no, kind, state, key, owner, account_no, amount, created_at_us, decided_at_us, trace_id, span_id,
                   reason, reference, metadata)
SELECT i.client_no, 1, 5, i.key, i.owner, i.account_no, i.amount, i.created_at_us, i.created_at_us, i.trace_id, i.span_id,
    i.reason, i.reference, i.metadata
FROM unnest($1::integer[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::uuid[], $8::bigint[],
            $9::text[], $10::text[], $11::text[])
    AS i (client_no, key, owner, account_no, amount, created_at_us, trace_id, span_id, reason, reference, metadata)
ON CONFLICT (client_no, key) DO NOTHING
RETURNING created_at_us
