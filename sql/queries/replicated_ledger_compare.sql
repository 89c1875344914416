-- Entries that came again: is what is there the same?
-- Parameters: $1 the datacenter's code text; then side by side: $2 account_no int8[], $3 version int8[], $4 kind int2[],
--             $5 status int2[], $6 amount int8[], $7 balance_after int8[], $8 held_after int8[], $9 credits_total int8[],
--             $10 debits_total int8[], $11 out_total int8[], $12 in_total int8[], $13 link_out_total int8[] (nulls),
--             $14 link_in_total int8[] (nulls), $15 client_no int4[] (nulls), $16 key text[], $17 peer text[].
-- Result: place (from 1) int8 of each that is there with other content.
SELECT g.place
FROM unnest($2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[], $6::bigint[], $7::bigint[], $8::bigint[],
            $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::integer[],
            $16::text[], $17::text[])
     WITH ORDINALITY
     AS g(account_no, version, kind, status, amount, balance_after, held_after, credits_total, debits_total, out_total,
          in_total, link_out_total, link_in_total, client_no, key, peer, place)
CROSS JOIN LATERAL (
    SELECT r.*
    FROM replicated_ledger r
    WHERE r.account_no = g.account_no AND r.dc = $1::text AND r.version = g.version
    LIMIT 1
) r
WHERE (r.kind, r.status, r.amount, r.balance_after, r.held_after, r.credits_total, r.debits_total, r.out_total,
       r.in_total, r.link_out_total, r.link_in_total, r.client_no, r.key, r.peer)
      IS DISTINCT FROM
      (g.kind, g.status, g.amount, g.balance_after, g.held_after, g.credits_total, g.debits_total, g.out_total,
       g.in_total, g.link_out_total, g.link_in_total, g.client_no, g.key, g.peer)
