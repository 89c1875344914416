-- Keeps what another program wrote to our dead letters. The same content again, from further on in its topic, raises
-- attempts, and its reason is the last one; what was read before changes nothing.
-- Parameters: $1 digest bytea[], $2 topic text[], $3 partition int4[], $4 offset int8[], $5 key bytea[], $6 value bytea[],
--             $7 headers bytea[], $8 timestamp (ms) int8[], $9 stage text[], $10 message text[], $11 now (us) int8,
--             $12 code text.
-- Result: none; a row affected for each that is new or came again.
WITH given AS (
    SELECT g.*
    FROM unnest($1::bytea[], $2::text[], $3::integer[], $4::bigint[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bigint[],
                $9::text[], $10::text[])
         AS g(digest, topic, partition, record_offset, record_key, record_value, record_headers, record_timestamp_ms,
              stage, message)
    LEFT JOIN dead_letter d ON d.digest = g.digest
    WHERE d.id IS NULL OR d.partition <> g.partition OR d.record_offset < g.record_offset
), last AS (
    SELECT DISTINCT ON (digest) given.*, count(*) OVER (PARTITION BY digest) AS attempts
    FROM given
    ORDER BY digest, record_offset DESC
)
INSERT INTO dead_letter AS d (digest, topic, partition, record_offset, record_key, record_value, record_headers,
                              record_timestamp_ms, stage, code, message, attempts, first_failed_at_us, last_failed_at_us)
SELECT digest, topic, partition, record_offset, record_key, record_value, record_headers, record_timestamp_ms, stage,
    $12::text, message, attempts, $11::bigint, $11::bigint
FROM last
ORDER BY digest
ON CONFLICT (digest) DO UPDATE
SET attempts = d.attempts + excluded.attempts, partition = excluded.partition, record_offset = excluded.record_offset,
    last_failed_at_us = excluded.last_failed_at_us, stage = excluded.stage, message = excluded.message,
    state = CASE WHEN d.state = 3 THEN d.state ELSE 1 END -- replayed in vain: OPEN again; parked is parked
