-- After-images of another datacenter's shares; each applies only where its version is higher.
-- Parameters: $1 its code text; then side by side, one for each account: $2 account_no int8[], $3 balance int8[],
--             $4 held int8[], $5 version int8[], $6 credits_total int8[], $7 debits_total int8[], $8 out_total int8[],
--             $9 in_total int8[], $10 status int2[], $11 account_version int8[], $12 updated_at_us int8[].
-- Result: none.
INSERT INTO replicated_share AS s (dc, account_no, balance, held, version, credits_total, debits_total, out_total,
                                   in_total, status, account_version, updated_at_us)
SELECT $1::text, g.account_no, g.balance, g.held, g.version, g.credits_total, g.debits_total, g.out_total, g.in_total,
       g.status, g.account_version, g.updated_at_us
FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
            $9::bigint[], $10::smallint[], $11::bigint[], $12::bigint[])
     AS g(account_no, balance, held, version, credits_total, debits_total, out_total, in_total, status, account_version,
          updated_at_us)
ON CONFLICT (account_no, dc) DO UPDATE
SET balance = excluded.balance, held = excluded.held, version = excluded.version,
    credits_total = excluded.credits_total, debits_total = excluded.debits_total, out_total = excluded.out_total,
    in_total = excluded.in_total, status = excluded.status, account_version = excluded.account_version,
    updated_at_us = excluded.updated_at_us
WHERE s.version < excluded.version
