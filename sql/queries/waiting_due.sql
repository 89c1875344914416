-- Accounts for whose waiting operations something is due: a deadline has passed, or an open ask is to be sent again. Locks
-- nothing: the engine looks again.
-- Parameters: $1 now (us) int8, $2 limit int4. Result, the longest due first: account_no int8, account_id text, currency text.
SELECT s.account_no, s.account_id, s.currency
FROM (
    SELECT w.account_no, min(least(w.deadline_us, l.reask_at_us)) AS due_us
    FROM waiting w
    LEFT JOIN share_link l ON l.account_no = w.account_no AND l.ask_state <> 0
    WHERE w.deadline_us <= $1::bigint OR l.reask_at_us <= $1
    GROUP BY w.account_no
    ORDER BY due_us
    LIMIT $2::integer
) d
JOIN share s ON s.account_no = d.account_no
ORDER BY d.due_us
