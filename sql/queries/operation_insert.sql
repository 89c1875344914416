-- Operations that the engine itself stores, with the state that the batch leaves them in: what it decides, and what another
-- datacenter accepted for us. They are not published from here. One that is there already ends the transaction with 40001:
-- somebody was faster.
-- Parameters, side by side in key order: $1 client_no int4[], $2 key text[], $3 kind, $4 state int2[], $5 account_no,
-- $6 amount, $7 created_at_us, $8 decided_at_us, $9 deadline_us int8[], $10 awaited bool[], $11 trace_id uuid[],
-- $12 span_id int8[], $13 relayed_from, $14 reference, $15 metadata, $16 reason, $17 facts text[],
-- $18 payee_no int8[], $19 hold_id uuid[], $20 expires_at_us int8[], $21 service text[], $22 price_version int8[],
-- $23 original_key text[]; $24 epoch int4, $25 batch_id uuid.
-- Result: one row, how many.
WITH inserted AS (
    INSERT INTO operation (client_no, key, kind, state, account_no, amount, created_at_us, decided_at_us, deadline_us,
                           awaited, trace_id, span_id, relayed_from, reference, metadata, reason, facts, payee_no, hold_id,
                           expires_at_us, service, price_version, original_key, epoch, batch_id)
    SELECT n.client_no, n.key, n.kind, n.state, n.account_no, n.amount, n.created_at_us, n.decided_at_us, n.deadline_us,
        n.awaited, n.trace_id, n.span_id, n.relayed_from, n.reference, n.metadata, n.reason, n.facts, n.payee_no, n.hold_id,
        n.expires_at_us, n.service, n.price_version, n.original_key, $24::integer, $25::uuid
    FROM unnest($1::integer[], $2::text[], $3::smallint[], $4::smallint[], $5::bigint[], $6::bigint[], $7::bigint[],
                $8::bigint[], $9::bigint[], $10::boolean[], $11::uuid[], $12::bigint[], $13::text[], $14::text[],
                $15::text[], $16::text[], $17::text[], $18::bigint[], $19::uuid[], $20::bigint[],
                $21::text[], $22::bigint[], $23::text[])
        WITH ORDINALITY AS n (client_no, key, kind, state, account_no, amount, created_at_us, decided_at_us, deadline_us,
                              awaited, trace_id, span_id, relayed_from, reference, metadata, reason, facts, payee_no, hold_id,
                              expires_at_us, service, price_version, original_key, place)
    ORDER BY n.place
    ON CONFLICT (client_no, key) DO NOTHING
    RETURNING 1)
SELECT expect_rows(count(*), cardinality($1::integer[]), '40001') FROM inserted
