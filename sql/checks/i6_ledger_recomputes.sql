-- invariant: I6, the ledger recomputes
-- meaning: each entry's totals are those of the entry before it, moved by its own amount as
--          its kind says (entry_kind); the balance is what the totals say; time does not go back.
-- columns: account_no, version, kind, amount, balance_after, previous_balance
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
    FROM ledger
    WINDOW account AS (PARTITION BY account_no ORDER BY version)
)
SELECT account_no, version, step.kind, amount, balance_after, balance_before AS previous_balance
FROM step
LEFT JOIN entry_kind k ON k.kind = step.kind
WHERE version = version_before + 1 -- a gap is i6_versions' finding
  AND (k.kind IS NULL
    OR credits_total <> credits_before + k.credits * amount
    OR debits_total <> debits_before + k.debits * amount
    OR out_total <> out_before + k.share_out * amount
    OR in_total <> in_before + k.share_in * amount
    OR balance_after <> balance_before + k.balance * amount
    OR held_after <> held_before + k.held * amount
    OR amount < 0 OR (amount = 0) <> (k.name = 'STATUS')
    OR created_at_us < created_before)
ORDER BY account_no, version
