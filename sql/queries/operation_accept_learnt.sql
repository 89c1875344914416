-- As operation_accept, for accounts that the catalogue has just told us of and that are not replicated to here yet.
-- Parameters: $1 client_no int4[], $2 key text[], $3 account_no int8[], $4 amount int8[], $5 created_at_us int8[],
--   $6 awaited bool[], $7 trace_id uuid[], $8 span_id int8[], $9 reference text[], $10 metadata text[]; $11 epoch int4.
-- Result: created_at_us int8 of the accepted ones.
INSERT INTO operation (client_no, kind, state, key, account_no, amount, created_at_us, seq, awaited, trace_id, span_id,
                       reference, metadata, epoch)
SELECT i.client_no, 1, 1, i.key, i.account_no, i.amount, i.created_at_us, nextval('operation_seq'), i.awaited, i.trace_id,
    i.span_id, i.reference, i.metadata, $11::integer
FROM unnest($1::integer[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::boolean[], $7::uuid[], $8::bigint[],
            $9::text[], $10::text[])
    AS i (client_no, key, account_no, amount, created_at_us, awaited, trace_id, span_id, reference, metadata)
ON CONFLICT (client_no, key) DO NOTHING
RETURNING created_at_us
