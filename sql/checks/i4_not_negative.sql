-- invariant: I4, no balance is negative
-- meaning: in every share, entry and copy: balance >= 0 and 0 <= held <= balance.
-- columns: place, dc, account_no, version, balance, held
SELECT 'share' AS place, NULL AS dc, account_no, version, balance, held
FROM share WHERE balance < 0 OR held < 0 OR held > balance
UNION ALL
SELECT 'ledger', NULL, account_no, version, balance_after, held_after
FROM ledger WHERE balance_after < 0 OR held_after < 0 OR held_after > balance_after
UNION ALL
SELECT 'replicated_share', dc, account_no, version, balance, held
FROM replicated_share WHERE balance < 0 OR held < 0 OR held > balance
UNION ALL
SELECT 'replicated_ledger', dc, account_no, version, balance_after, held_after
FROM replicated_ledger WHERE balance_after < 0 OR held_after < 0 OR held_after > balance_after
ORDER BY 1, 2, 3, 4
