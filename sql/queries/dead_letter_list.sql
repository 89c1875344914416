-- Dead letters of a selector (see dead_letter_selected) by id. Parameters: $1 state int2, $2 code text, $3 topic text,
-- $4 account_id text, $5 failed from (us) int8, $6 failed to (us) int8, each NULL for any; $7 after id int8, $8 limit int4.
-- Result: id int8, state int2, topic text, partition int4, record_offset int8, key text (NULL: none, or no text), code text,
-- message text, stage text, attempts int4, first_failed_at_us int8, last_failed_at_us int8, proposal_id uuid.
SELECT d.id, d.state, d.topic, d.partition, d.record_offset,
    CASE WHEN position('\' IN encode(d.record_key, 'escape')) = 0 THEN encode(d.record_key, 'escape') END,
    d.code, d.message, d.stage, d.attempts, d.first_failed_at_us, d.last_failed_at_us, d.proposal_id
FROM dead_letter d
WHERE d.id > $7::bigint
  AND dead_letter_selected(d, $1::smallint, NULL, $2::text, $3::text, $4::text, $5::bigint, $6::bigint)
ORDER BY d.id
LIMIT $8::integer
