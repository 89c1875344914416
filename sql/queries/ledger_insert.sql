-- Entries in the order they were decided: seq is drawn in this order, so that each account leaves in version order.
-- Parameters, side by side: $1 account_no, $2 version int8[], $3 kind, $4 status int2[], $5 amount, $6 balance_after,
-- $7 held_after, $8 credits_total, $9 debits_total, $10 out_total, $11 in_total, $12 account_version,
-- $13 created_at_us, $14 span_id int8[], $15 client_no int4[], $16 trace_id uuid[], $17 key text[], $18 reference text[],
-- $19 peer text[], $20 link_out_total, $21 link_in_total int8[]; $22 epoch int4. Result: none; one row affected per entry.
INSERT INTO ledger (account_no, version, kind, status, amount, balance_after, held_after, credits_total, debits_total,
                    out_total, in_total, account_version, created_at_us, span_id, client_no, trace_id, key, reference,
                    peer, link_out_total, link_in_total, epoch)
SELECT n.account_no, n.version, n.kind, n.status, n.amount, n.balance_after, n.held_after, n.credits_total,
    n.debits_total, n.out_total, n.in_total, n.account_version, n.created_at_us, n.span_id, n.client_no, n.trace_id,
    n.key, n.reference, n.peer, n.link_out_total, n.link_in_total, $22::integer
FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::smallint[], $5::bigint[], $6::bigint[], $7::bigint[],
            $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[],
            $15::integer[], $16::uuid[], $17::text[], $18::text[], $19::text[], $20::bigint[], $21::bigint[])
    WITH ORDINALITY AS n (account_no, version, kind, status, amount, balance_after, held_after, credits_total,
                          debits_total, out_total, in_total, account_version, created_at_us, span_id, client_no,
                          trace_id, key, reference, peer, link_out_total, link_in_total, place)
ORDER BY n.place
