-- The next dead letters of a RUNNING proposal, by id: replayed, they go into the outbox as they came; parked or unparked,
-- they only change their state. Fewer than asked for: it is DONE.
-- Parameters: $1 proposal_id uuid, $2 how many int4, $3 streams that replay text[], $4 now (us) int8.
-- Result: moved int4, state int2; none when it is not RUNNING (any more).
WITH running AS (
    SELECT * FROM proposal WHERE proposal_id = $1::uuid AND state + 0 = 2 FOR UPDATE
), next AS (
    SELECT d.id, d.topic, d.record_key, d.record_value, d.record_headers, p.kind
    FROM running p
    JOIN dead_letter d ON d.id > p.after_id AND d.id <= p.last_id
        AND dead_letter_selected(d, p.from_state, p.ids, p.code, p.topic, p.account_id, p.failed_from_us, p.failed_to_us)
        AND (p.kind <> 1 OR dead_letter_stream(d.topic, d.record_key) = ANY ($3::text[]))
    ORDER BY d.id
    LIMIT $2::integer
    FOR UPDATE OF d
), sent AS (
    INSERT INTO outbox (stream, topic, id, aggregatetype, aggregateid, type, payload, headers, epoch, created_at_us)
    SELECT dead_letter_stream(n.topic, n.record_key), n.topic, gen_random_uuid(), 'dead_letter',
        coalesce(encode(n.record_key, 'escape'), ''), 'replay', coalesce(n.record_value, ''), n.record_headers,
        (SELECT epoch FROM local_datacenter), $4::bigint
    FROM next n
    WHERE n.kind = 1
    ORDER BY n.id
), changed AS (
    UPDATE dead_letter d
    SET state = CASE n.kind WHEN 1 THEN 2 WHEN 2 THEN 3 ELSE 1 END, proposal_id = $1::uuid,
        settled_at_us = CASE WHEN n.kind IN (1, 2) THEN $4::bigint END
    FROM next n
    WHERE d.id = n.id
), summed AS (
    SELECT count(*)::integer AS moved, max(id) AS after_id FROM next
)
UPDATE proposal p
SET moved = p.moved + s.moved, after_id = coalesce(s.after_id, p.after_id),
    state = CASE WHEN s.moved < $2::integer THEN 4 ELSE 2 END,
    ended_at_us = CASE WHEN s.moved < $2::integer THEN $4::bigint END
FROM running r, summed s
WHERE p.proposal_id = r.proposal_id
RETURNING s.moved, p.state
