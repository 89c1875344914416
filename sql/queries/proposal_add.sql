-- A new proposal. Parameters: $1 proposal_id uuid, $2 client_no int4, $3 key text, $4 kind int2, $5 state int2,
-- $6 from_state int2, $7 ids int8[], $8 code text, $9 topic text, $10 account_id text, $11 failed_from_us int8,
-- $12 failed_to_us int8, $13 last_id int8, $14 letters int4, $15 rate_per_s int4, $16 window_from int2, $17 window_to int2,
-- $18 four_eyes bool, $19 reason text, $20 now (us) int8, $21 expires_at_us int8. Result: none.
INSERT INTO proposal (proposal_id, client_no, key, kind, state, from_state, ids, code, topic, account_id, failed_from_us,
                      failed_to_us, last_id, letters, rate_per_s, window_from, window_to, four_eyes, reason, proposed_at_us,
                      expires_at_us)
VALUES ($1::uuid, $2::integer, $3::text, $4::smallint, $5::smallint, $6::smallint, $7::bigint[], $8::text, $9::text,
        $10::text, $11::bigint, $12::bigint, $13::bigint, $14::integer, $15::integer, $16::smallint, $17::smallint,
        $18::boolean, $19::text, $20::bigint, $21::bigint)
