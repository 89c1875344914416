-- Operations that another datacenter accepted for us, with the state they ended in; they are not published from here. One that
-- is there already ends the transaction with 40001: somebody was faster.
-- Parameters, side by side in key order: $1 client_no int4[], $2 key text[], $3 state int2[], $4 account_no int8[],
-- $5 amount int8[], $6 created_at_us int8[], $7 decided_at_us int8[], $8 trace_id uuid[], $9 span_id int8[],
-- $10 relayed_from text[], $11 reference text[], $12 metadata text[]; $13 epoch int4. Result: one row, how many.
WITH inserted AS (
    INSERT INTO operation (client_no, key, kind, state, account_no, amount, created_at_us, decided_at_us, trace_id,
                           span_id, relayed_from, reference, metadata, epoch)
    SELECT n.client_no, n.key, 1, n.state, n.account_no, n.amount, n.created_at_us, n.decided_at_us, n.trace_id,
        n.span_id, n.relayed_from, n.reference, n.metadata, $13::integer
    FROM unnest($1::integer[], $2::text[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
                $8::uuid[], $9::bigint[], $10::text[], $11::text[], $12::text[])
        WITH ORDINALITY AS n (client_no, key, state, account_no, amount, created_at_us, decided_at_us, trace_id,
                              span_id, relayed_from, reference, metadata, place)
    ORDER BY n.place
    ON CONFLICT (client_no, key) DO NOTHING
    RETURNING 1)
SELECT expect_rows(count(*), cardinality($1::integer[]), '40001') FROM inserted
