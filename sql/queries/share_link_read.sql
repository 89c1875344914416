-- What these shares know of those of their peers. A statement of its own after the shares are locked.
-- Parameters: $1 account numbers int8[].
-- Result: account_no int8, peer text, then the numbers of a link as engine/links.c has them, int8 each.
SELECT l.account_no, l.peer,
    l.out_total, l.in_total, l.peer_in_total, l.granted_total, l.ask_state, l.ask_seq, l.ask_target,
    l.ask_round, l.ask_from_total, l.reask_at_us, l.answer_seq, l.answer_total, l.answer_balance,
    l.answer_available, l.answer_reserved, l.earlier_seq, l.earlier_total, l.earlier_balance,
    l.earlier_available, l.earlier_reserved, l.peer_ask_seq, l.peer_ask_target, l.peer_ask_clock_us,
    l.peer_ask_round, l.peer_ask_until_us, l.hint_version, l.hint, l.hint_at_us,
    l.clock_us
FROM share_link l
WHERE l.account_no = ANY ($1::bigint[])
