-- Writes locked shares as they are after the batch, one row an account.
-- Parameters, side by side: $1 account_no, $2 balance, $3 held, $4 version, $5 credits_total, $6 debits_total,
-- $7 out_total, $8 in_total int8[], $9 status int2[], $10 account_version, $11 updated_at_us int8[],
-- $12 engaged bool[].
-- Result: none; one row affected per share.
UPDATE share s
SET balance = n.balance, held = n.held, version = n.version, credits_total = n.credits_total,
    debits_total = n.debits_total, out_total = n.out_total, in_total = n.in_total, status = n.status,
    account_version = n.account_version, updated_at_us = n.updated_at_us, engaged = n.engaged
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
            $8::bigint[], $9::smallint[], $10::bigint[], $11::bigint[], $12::boolean[])
    AS n (account_no, balance, held, version, credits_total, debits_total, out_total, in_total, status,
          account_version, updated_at_us, engaged)
WHERE s.account_no = n.account_no
