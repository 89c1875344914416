-- invariant: I3, what is asked for and answered fits what moved
-- meaning: no more is received than the peer says it granted; an ask is open exactly while it asks for more than has come; only
--          asks that were made are answered, the later after the earlier.
-- columns: account_no, peer, why
SELECT account_no, peer, CASE
    WHEN granted_total < in_total THEN 'received more than the peer says it granted'
    WHEN (ask_target <= in_total) <> (ask_state = 0) THEN 'an ask is open and filled, or neither'
    ELSE 'an answer to an ask that was never made' END AS why
FROM share_link
WHERE granted_total < in_total OR (ask_target <= in_total) <> (ask_state = 0) OR answer_seq > ask_seq
   OR earlier_seq > answer_seq
ORDER BY account_no, peer
