-- Copies another datacenter's entries. Those that are there already stay as they are.
-- Parameters: $1 its code text; then side by side: $2 account_no int8[], $3 version int8[], $4 kind int2[],
--             $5 status int2[], $6 amount int8[], $7 balance_after int8[], $8 held_after int8[], $9 credits_total int8[],
--             $10 debits_total int8[], $11 out_total int8[], $12 in_total int8[], $13 link_out_total int8[] (nulls),
--             $14 link_in_total int8[] (nulls), $15 account_version int8[], $16 created_at_us int8[],
--             $17 span_id int8[], $18 client_no int4[] (nulls), $19 trace_id uuid[], $20 key text[],
--             $21 reference text[], $22 peer text[]. Account and version are distinct.
-- Result: place (from 1) int8 of each that is there with other content.
WITH given AS MATERIALIZED (
    SELECT *
    FROM unnest($2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[], $6::bigint[], $7::bigint[], $8::bigint[],
                $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[],
                $16::bigint[], $17::bigint[], $18::integer[], $19::uuid[], $20::text[], $21::text[], $22::text[])
         WITH ORDINALITY
         AS g(account_no, version, kind, status, amount, balance_after, held_after, credits_total, debits_total,
              out_total, in_total, link_out_total, link_in_total, account_version, created_at_us, span_id, client_no,
              trace_id, key, reference, peer, place)
), inserted AS (
    INSERT INTO replicated_ledger (dc, account_no, version, kind, status, amount, balance_after, held_after,
                                   credits_total, debits_total, out_total, in_total, link_out_total, link_in_total,
                                   account_version, created_at_us, span_id, client_no, trace_id, key, reference, peer)
    SELECT $1::text, account_no, version, kind, status, amount, balance_after, held_after, credits_total, debits_total,
           out_total, in_total, link_out_total, link_in_total, account_version, created_at_us, span_id, client_no,
           trace_id, key, reference, peer
    FROM given
    ON CONFLICT DO NOTHING
    RETURNING account_no, version
), repeated AS MATERIALIZED (
    SELECT g.*
    FROM given g
    LEFT JOIN inserted i ON i.account_no = g.account_no AND i.version = g.version
    WHERE i.version IS NULL
)
SELECT p.place
FROM repeated p
CROSS JOIN LATERAL (
    SELECT r.*
    FROM replicated_ledger r
    WHERE r.account_no = p.account_no AND r.dc = $1::text AND r.version = p.version
    LIMIT 1
) r
WHERE (r.kind, r.status, r.amount, r.balance_after, r.held_after, r.credits_total, r.debits_total, r.out_total,
       r.in_total, r.link_out_total, r.link_in_total, r.client_no, r.key, r.peer)
      IS DISTINCT FROM
      (p.kind, p.status, p.amount, p.balance_after, p.held_after, p.credits_total, p.debits_total, p.out_total,
       p.in_total, p.link_out_total, p.link_in_total, p.client_no, p.key, p.peer)
