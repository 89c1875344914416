-- Copies another datacenter's entries. Those that are there already stay as they are: fewer rows affected than given means
-- that they are to be compared (replicated_ledger_compare).
-- Parameters: $1 its code text; then side by side: $2 account_no int8[], $3 version int8[], $4 kind int2[],
--             $5 status int2[], $6 amount int8[], $7 balance_after int8[], $8 held_after int8[], $9 credits_total int8[],
--             $10 debits_total int8[], $11 out_total int8[], $12 in_total int8[], $13 link_out_total int8[] (nulls),
--             $14 link_in_total int8[] (nulls), $15 client_no int4[] (nulls), $16 key text[], $17 peer text[],
--             $18 account_version int8[], $19 created_at_us int8[], $20 span_id int8[], $21 trace_id uuid[],
--             $22 reference text[].
-- Result: none; rows affected are those that were new.
INSERT INTO replicated_ledger (dc, account_no, version, kind, status, amount, balance_after, held_after, credits_total,
                               debits_total, out_total, in_total, link_out_total, link_in_total, client_no, key, peer,
                               account_version, created_at_us, span_id, trace_id, reference)
SELECT $1::text, g.*
FROM unnest($2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[], $6::bigint[], $7::bigint[], $8::bigint[],
            $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::integer[],
            $16::text[], $17::text[], $18::bigint[], $19::bigint[], $20::bigint[], $21::uuid[], $22::text[]) AS g
ON CONFLICT DO NOTHING
