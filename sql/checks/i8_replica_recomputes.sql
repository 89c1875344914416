-- invariant: I8, a copied ledger recomputes
-- meaning: as i6_ledger_recomputes, for the copies of the other datacenters' entries: each entry's totals are those of the
--          entry before it, moved by its own amount in the total of its kind
--          (1 pay-in: credits, 2 pay-out: debits, 3 share out, 4 share in, 5 status: none); held stands; the balance is
--          what the totals say; time does not go back.
-- columns: dc, account_no, version, kind, amount, balance_after, previous_balance
WITH step AS (
    SELECT *,
        lag(version, 1, 0::bigint) OVER account AS version_before,
        lag(balance_after, 1, 0::bigint) OVER account AS balance_before,
        lag(held_after, 1, 0::bigint) OVER account AS held_before,
        lag(credits_total, 1, 0::bigint) OVER account AS credits_before,
        lag(debits_total, 1, 0::bigint) OVER account AS debits_before,
        lag(out_total, 1, 0::bigint) OVER account AS out_before,
        lag(in_total, 1, 0::bigint) OVER account AS in_before,
        lag(created_at_us, 1, 0::bigint) OVER account AS created_before
    FROM replicated_ledger
    WINDOW account AS (PARTITION BY dc, account_no ORDER BY version)
)
SELECT dc, account_no, version, kind, amount, balance_after, balance_before AS previous_balance
FROM step
WHERE version = version_before + 1 -- a hole is i8_replica_history's finding
  AND (credits_total <> credits_before + CASE kind WHEN 1 THEN amount ELSE 0 END
    OR debits_total <> debits_before + CASE kind WHEN 2 THEN amount ELSE 0 END
    OR out_total <> out_before + CASE kind WHEN 3 THEN amount ELSE 0 END
    OR in_total <> in_before + CASE kind WHEN 4 THEN amount ELSE 0 END
    OR balance_after <> balance_before + CASE kind WHEN 1 THEN amount WHEN 2 THEN -amount WHEN 3 THEN -amount
                                                   WHEN 4 THEN amount ELSE 0 END
    OR held_after <> held_before
    OR kind NOT BETWEEN 1 AND 5
    OR kind = 5 AND amount <> 0
    OR created_at_us < created_before)
ORDER BY dc, account_no, version
