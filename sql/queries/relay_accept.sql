-- Accepts a batch of pay-ins and refunds whose keys are owned elsewhere: the relay row and, for those that are new, the message to the
-- owner, in one transaction.
-- Parameters: $1 client_no int4[], $2 key text[], $3 owner text[], $4 account_no int8[], $5 amount int8[],
--   $6 created_at_us int8[] (each its own), $7 trace_id uuid[], $8 span_id int8[], $9 reference text[], $10 metadata text[],
--   $11 topic text[], $12 message id uuid[], $13 account_id text[], $14 payload bytea[] (framed Avro),
--   $15 kind int2[], $16 original_key text[], $17 message type text[]; $18 epoch int4.
-- Result: created_at_us int8 of the accepted ones; the others were there before.
WITH asked AS (
    SELECT *
    FROM unnest($1::integer[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::uuid[], $8::bigint[],
                $9::text[], $10::text[], $11::text[], $12::uuid[], $13::text[], $14::bytea[],
                $15::smallint[], $16::text[], $17::text[])
        AS i (client_no, key, owner, account_no, amount, created_at_us, trace_id, span_id, reference, metadata, topic, id,
              account_id, payload, kind, original_key, type)
), accepted AS (
    INSERT INTO relay (client_no, kind, state, key, owner, account_no, amount, created_at_us, trace_id, span_id, reference,
                       metadata, original_key)
    SELECT client_no, kind, 1, key, owner, account_no, amount, created_at_us, trace_id, span_id, reference, metadata,
        original_key
    FROM asked
    ON CONFLICT (client_no, key) DO NOTHING
    RETURNING created_at_us
)
INSERT INTO outbox (stream, topic, id, aggregatetype, aggregateid, type, payload, created_at_us, trace_id, span_id,
                    epoch)
SELECT i.owner, i.topic, i.id, 'account', i.account_id, i.type, i.payload, i.created_at_us, i.trace_id, i.span_id,
    $18::integer
FROM asked i
JOIN accepted USING (created_at_us)
RETURNING created_at_us
