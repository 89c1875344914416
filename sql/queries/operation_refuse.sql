-- Stores refusals of the intake, so that the same key gives the same answer; they are in no stream (seq NULL).
-- Parameters: $1 client_no int4[], $2 key text[], $3 account_no int8[], $4 amount int8[], $5 created_at_us int8[],
--   $6 trace_id uuid[], $7 span_id int8[], $8 reason text[], $9 reference text[], $10 metadata text[]; $11 epoch int4.
-- Result: created_at_us int8 of the stored ones; the others have been decided before.
INSERT INTO operation (client_no, kind, state, key, account_no, amount, created_at_us, decided_at_us, trace_id, span_id,
                       reason, reference, metadata, epoch)
SELECT i.client_no, 1, 5, i.key, i.account_no, i.amount, i.created_at_us, i.created_at_us, i.trace_id, i.span_id, i.reason,
    i.reference, i.metadata, $11::integer
FROM unnest($1::integer[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::uuid[], $7::bigint[], $8::text[],
            $9::text[], $10::text[])
    AS i (client_no, key, account_no, amount, created_at_us, trace_id, span_id, reason, reference, metadata)
ON CONFLICT (client_no, key) DO NOTHING
RETURNING created_at_us
