-- invariant: I5, an atomic batch is done as a whole or not at all
-- meaning: of the operations that were decided in one atomic batch none is ACCEPTED or WAITING, and either none or each of them is
--          REFUSED, with BATCH_ABORTED; no other operation has that reason.
-- columns: batch_id, client_no, operations, refused, aborted, why
SELECT batch_id, min(client_no) AS client_no, count(*) AS operations, count(*) FILTER (WHERE state = 5) AS refused,
    count(*) FILTER (WHERE reason = 'BATCH_ABORTED') AS aborted, 'done in part' AS why
FROM operation
WHERE batch_id IS NOT NULL
GROUP BY batch_id
HAVING bool_or(state IN (1, 3)) OR min(client_no) <> max(client_no)
    OR count(*) FILTER (WHERE state = 5) NOT IN (0, count(*))
    OR count(*) FILTER (WHERE state = 5) <> count(*) FILTER (WHERE reason = 'BATCH_ABORTED')
UNION ALL
SELECT NULL, client_no, count(*), count(*), count(*), 'aborted without a batch'
FROM operation
WHERE reason = 'BATCH_ABORTED' AND batch_id IS NULL
GROUP BY client_no
ORDER BY 1
