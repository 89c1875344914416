-- Keeps messages that cannot be applied. The same content again raises attempts, and its
-- reason is the last one; what is new goes to the dead-letter topic
-- too, through the outbox. Digests are distinct within one call.
-- Parameters: $1 digest bytea[], $2 topic text[], $3 partition int4[], $4 offset int8[], $5 key bytea[], $6 value bytea[],
--             $7 headers bytea[], $8 timestamp (ms) int8[], $9 stage text[], $10 code text[], $11 message text[],
--             $12 attempts int4[], $13 now (us) int8; for the outbox: $14 dead-letter topic text, $15 id uuid[],
--             $16 Kafka key text[], $17 type text[], $18 headers bytea[], $19 trace id uuid[], $20 span id int8[].
-- Result: attempts int4, per message in no order.
WITH given AS (
    SELECT *
    FROM unnest($1::bytea[], $2::text[], $3::integer[], $4::bigint[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bigint[],
                $9::text[], $10::text[], $11::text[], $12::integer[], $15::uuid[], $16::text[], $17::text[], $18::bytea[],
                $19::uuid[], $20::bigint[])
         AS g(digest, topic, partition, record_offset, record_key, record_value, record_headers, record_timestamp_ms,
              stage, code, message, attempts, id, aggregateid, type, headers, trace_id, span_id)
), kept AS (
    INSERT INTO dead_letter AS d (digest, topic, partition, record_offset, record_key, record_value, record_headers,
                                  record_timestamp_ms, stage, code, message, attempts, first_failed_at_us,
                                  last_failed_at_us)
    SELECT g.digest, g.topic, g.partition, g.record_offset, g.record_key, g.record_value, g.record_headers,
           g.record_timestamp_ms, g.stage, g.code, g.message, g.attempts, $13::bigint, $13::bigint
    FROM given g
    ORDER BY g.digest
    ON CONFLICT (digest) DO UPDATE
    SET attempts = d.attempts + excluded.attempts, partition = excluded.partition,
        record_offset = excluded.record_offset, last_failed_at_us = excluded.last_failed_at_us,
        stage = excluded.stage, code = excluded.code, message = excluded.message,
        state = CASE WHEN d.state = 3 THEN d.state ELSE 1 END -- replayed in vain: OPEN again; parked is parked
    RETURNING d.digest, d.attempts
), sent AS (
    INSERT INTO outbox (stream, topic, id, aggregatetype, aggregateid, type, payload, headers, created_at_us, trace_id,
                        span_id)
    SELECT 'dlq', $14::text, g.id, 'dead_letter', g.aggregateid, g.type, coalesce(g.record_value, ''), g.headers,
           $13::bigint, g.trace_id, g.span_id
    FROM given g
    JOIN kept k ON k.digest = g.digest AND k.attempts = g.attempts
    ORDER BY g.topic, g.partition, g.record_offset
)
SELECT attempts FROM kept
