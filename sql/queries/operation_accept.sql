-- Accepts a batch of pay-ins whose keys are owned here: one row each is idempotency record, stored answer and outbox record.
-- What is not returned was there before, or its account is unknown here, closing, or in another currency.
-- Parameters, one array element per pay-in, sorted by client_no and key: $1 client_no int4[], $2 key text[],
--   $3 account_id text[], $4 currency text[], $5 amount int8[], $6 created_at_us int8[] (each its own),
--   $7 awaited bool[], $8 trace_id uuid[], $9 span_id int8[], $10 reference text[], $11 metadata text[]; $12 epoch int4.
-- Result: created_at_us int8 of the accepted ones.
INSERT INTO operation (client_no, kind, state, key, account_no, amount, created_at_us, seq, awaited, trace_id, span_id,
                       reference, metadata, epoch)
SELECT i.client_no, 1, 1, i.key, a.account_no, i.amount, i.created_at_us, nextval('operation_seq'), i.awaited, i.trace_id,
    i.span_id, i.reference, i.metadata, $12::integer
FROM unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::boolean[], $8::uuid[],
            $9::bigint[], $10::text[], $11::text[])
    AS i (client_no, key, account_id, currency, amount, created_at_us, awaited, trace_id, span_id, reference, metadata)
JOIN account a ON a.account_id = i.account_id AND a.currency = i.currency AND a.status IN (1, 2)
ON CONFLICT (client_no, key) DO NOTHING
RETURNING created_at_us
