-- invariant: I4, what is held is what open holds set aside
-- meaning: of every share, held is the sum of its OPEN holds; the list of open holds is that of the OPEN ones, and none is a
--          minute past its expiry, at which it ends.
-- columns: account_no, hold_id, amount, listed, why
SELECT coalesce(s.account_no, h.account_no) AS account_no, NULL::uuid AS hold_id, coalesce(h.amount, 0) AS amount,
    coalesce(s.held, 0) AS listed, 'held is not the sum of the open holds' AS why
FROM share s
FULL JOIN (SELECT account_no, sum(amount) AS amount FROM hold WHERE state = 1 GROUP BY account_no) h
    ON h.account_no = s.account_no
WHERE coalesce(s.held, 0) <> coalesce(h.amount, 0)
UNION ALL
SELECT coalesce(h.account_no, w.account_no), coalesce(h.hold_id, w.hold_id), h.amount, NULL,
    CASE WHEN w.hold_id IS NULL THEN 'open, and not listed'
         WHEN h.hold_id IS NULL THEN 'listed, and not open'
         WHEN w.account_no <> h.account_no THEN 'listed as another account''s'
         ELSE 'its expiry is long over' END
FROM open_hold w
FULL JOIN (SELECT * FROM hold WHERE state = 1) h ON h.hold_id = w.hold_id AND h.expires_at_us = w.expires_at_us
WHERE w.hold_id IS NULL OR h.hold_id IS NULL OR w.account_no <> h.account_no
   OR w.expires_at_us < extract(epoch FROM clock_timestamp()) * 1000000 - 60000000
ORDER BY 1, 2
