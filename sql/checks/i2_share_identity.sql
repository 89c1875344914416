-- invariant: I2, identity of each share
-- meaning: a share's balance is what its totals say: credits - debits - out + in.
-- columns: account_no, account_id, balance, expected
SELECT account_no, account_id, balance, credits_total - debits_total - out_total + in_total AS expected
FROM share
WHERE balance <> credits_total - debits_total - out_total + in_total
ORDER BY account_no
