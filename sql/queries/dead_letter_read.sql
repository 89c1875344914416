-- One dead letter. Parameters: $1 id int8, $2 streams that replay (replay-<dc>) text[].
-- Result: as dead_letter_list, then record_key bytea, record_value bytea, record_headers bytea, record_timestamp_ms int8,
-- whether it can be replayed bool.
SELECT d.id, d.state, d.topic, d.partition, d.record_offset,
    CASE WHEN position('\' IN encode(d.record_key, 'escape')) = 0 THEN encode(d.record_key, 'escape') END,
    d.code, d.message, d.stage, d.attempts, d.first_failed_at_us, d.last_failed_at_us, d.proposal_id,
    d.record_key, d.record_value, d.record_headers, d.record_timestamp_ms,
    coalesce(dead_letter_stream(d.topic, d.record_key) = ANY ($2::text[]), false)
FROM dead_letter d
WHERE d.id = $1::bigint
