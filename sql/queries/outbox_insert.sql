-- Messages that have no row of their own, in order.
-- Parameters, side by side: $1 stream, $2 topic text[], $3 id uuid[], $4 aggregateid (the Kafka key) text[],
-- $5 payload bytea[], $6 trace_id uuid[], $7 span_id int8[], $8 aggregatetype, $9 type text[]; of all: $10 now (us) int8,
-- $11 epoch int4. Result: none; one row affected per message.
INSERT INTO outbox (stream, topic, id, aggregatetype, aggregateid, type, payload, epoch, created_at_us, trace_id,
                    span_id)
SELECT n.stream, n.topic, n.id, n.aggregatetype, n.aggregateid, n.type, n.payload, $11::integer, $10::bigint, n.trace_id,
    n.span_id
FROM unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::bytea[], $6::uuid[], $7::bigint[],
            $8::text[], $9::text[])
    WITH ORDINALITY AS n (stream, topic, id, aggregateid, payload, trace_id, span_id, aggregatetype, type, place)
ORDER BY n.place
