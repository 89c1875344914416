-- What a proposal would take. Parameters: $1 kind int2 (1 replays), $2 state int2, $3 ids int8[], $4 code text,
-- $5 topic text, $6 account_id text, $7 failed from (us) int8, $8 failed to (us) int8, each but $1, $2 and $8 NULL for any,
-- $9 streams that replay text[].
-- Result, one row: selected int8, of these what can not be replayed int8 (0 when nothing is), highest id int8 (0: none).
SELECT count(*),
    count(*) FILTER (WHERE $1::smallint = 1
                       AND coalesce(dead_letter_stream(d.topic, d.record_key) <> ALL ($9::text[]), true)),
    coalesce(max(d.id), 0)
FROM dead_letter d
WHERE dead_letter_selected(d, $2::smallint, $3::bigint[], $4::text, $5::text, $6::text, $7::bigint, $8::bigint)
