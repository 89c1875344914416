-- Adds one message to a stream. $1 stream, $2 topic, $3 id, $4 aggregate type, $5 aggregate id (the Kafka key), $6 type,
-- $7 payload (framed Avro), $8 now (us), $9 trace id, $10 span id.
INSERT INTO outbox (stream, topic, id, aggregatetype, aggregateid, type, payload, created_at_us, trace_id, span_id)
VALUES ($1::text, $2::text, $3::uuid, $4::text, $5::text, $6::text, $7::bytea, $8::bigint, $9::uuid, $10::bigint)
