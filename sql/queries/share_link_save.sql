-- Writes links as they are after the batch; their shares are locked.
-- Parameters, side by side: $1 account_no int8[], $2 peer text[], then the numbers of a link as engine/links.c has them,
-- int8[] each ($3 .. $31). Result: none; one row affected per link.
INSERT INTO share_link (account_no, peer,
    out_total, in_total, peer_in_total, granted_total, ask_state, ask_seq, ask_target, ask_round,
    ask_from_total, reask_at_us, answer_seq, answer_total, answer_balance, answer_available, answer_reserved,
    earlier_seq, earlier_total, earlier_balance, earlier_available, earlier_reserved, peer_ask_seq,
    peer_ask_target, peer_ask_clock_us, peer_ask_round, peer_ask_until_us, hint_version,
    hint, hint_at_us, clock_us)
SELECT *
FROM unnest($1::bigint[], $2::text[],
            $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
            $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[],
            $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[],
            $22::bigint[], $23::bigint[], $24::bigint[], $25::bigint[], $26::bigint[], $27::bigint[],
            $28::bigint[], $29::bigint[], $30::bigint[], $31::bigint[])
ON CONFLICT (account_no, peer) DO UPDATE SET
    out_total = excluded.out_total, in_total = excluded.in_total, peer_in_total = excluded.peer_in_total,
    granted_total = excluded.granted_total, ask_state = excluded.ask_state, ask_seq = excluded.ask_seq,
    ask_target = excluded.ask_target, ask_round = excluded.ask_round, ask_from_total = excluded.ask_from_total,
    reask_at_us = excluded.reask_at_us, answer_seq = excluded.answer_seq, answer_total = excluded.answer_total,
    answer_balance = excluded.answer_balance, answer_available = excluded.answer_available, answer_reserved =
    excluded.answer_reserved, earlier_seq = excluded.earlier_seq, earlier_total = excluded.earlier_total,
    earlier_balance = excluded.earlier_balance, earlier_available = excluded.earlier_available, earlier_reserved
    = excluded.earlier_reserved, peer_ask_seq = excluded.peer_ask_seq, peer_ask_target =
    excluded.peer_ask_target, peer_ask_clock_us = excluded.peer_ask_clock_us, peer_ask_round =
    excluded.peer_ask_round, peer_ask_until_us = excluded.peer_ask_until_us, hint_version = excluded.hint_version, hint = excluded.hint, hint_at_us
    = excluded.hint_at_us, clock_us = excluded.clock_us
