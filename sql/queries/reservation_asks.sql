-- What the own shares of accounts ask of their peers now. Parameters: $1 account numbers int8[].
-- Result: place in the array int8 (from 1), peer text, asked, came since int8, rounds int4, asked the last time at (us) int8;
--   by place and peer.
SELECT i.place, l.peer, l.ask_target - l.ask_from_total, l.in_total - l.ask_from_total, l.ask_round, l.ask_seq
FROM unnest($1::bigint[]) WITH ORDINALITY AS i (account_no, place)
JOIN share_link l ON l.account_no = i.account_no AND l.ask_state <> 0
ORDER BY i.place, l.peer
