-- The next dead letters of a RUNNING proposal, by id, of the 2000 ids that come next: replayed, they go into the outbox as they
-- came; parked or unparked, they only change their state. When none is left, it is DONE.
-- Parameters: $1 proposal_id uuid, $2 how many at most int4, $3 streams that replay text[], $4 now (us) int8.
-- Result: moved int4, state int2; none when it is not RUNNING (any more).
WITH running AS (
    SELECT * FROM proposal WHERE proposal_id = $1::uuid AND state + 0 = 2 FOR UPDATE
), slice AS (
    SELECT p.*, f.first_id, least(p.last_id, f.first_id + 1999) AS through_id
    FROM running p
    CROSS JOIN LATERAL (SELECT min(d.id) AS first_id FROM dead_letter d WHERE d.id > p.after_id AND d.id <= p.last_id) AS f
), next AS (
    SELECT d.id, d.topic, d.record_key, d.record_value, d.record_headers, p.kind, back.stream
    FROM slice p
    JOIN dead_letter d ON d.id >= p.first_id AND d.id <= p.through_id
        AND dead_letter_selected(d, p.from_state, p.ids, p.code, p.topic, p.account_id, p.failed_from_us, p.failed_to_us)
    CROSS JOIN LATERAL (SELECT dead_letter_stream(d.topic, d.record_key) AS stream OFFSET 0) AS back
    WHERE p.kind <> 1 OR back.stream = ANY ($3::text[])
    ORDER BY d.id
    LIMIT $2::integer
    FOR UPDATE OF d
), sent AS (
    INSERT INTO outbox (stream, topic, id, aggregatetype, aggregateid, type, payload, headers, epoch, created_at_us)
    SELECT n.stream, n.topic, gen_random_uuid(), 'dead_letter',
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
    SELECT count(*)::integer AS moved, max(id) AS moved_id FROM next
), came AS (
    SELECT p.proposal_id, s.moved,
        CASE WHEN s.moved = $2::integer THEN s.moved_id ELSE coalesce(p.through_id, p.last_id) END AS after_id,
        s.moved < $2::integer AND coalesce(p.through_id, p.last_id) >= p.last_id AS done
    FROM slice p, summed s
)
UPDATE proposal p
SET moved = p.moved + c.moved, after_id = c.after_id, state = CASE WHEN c.done THEN 4 ELSE 2 END,
    ended_at_us = CASE WHEN c.done THEN $4::bigint END
FROM came c
WHERE p.proposal_id = c.proposal_id
RETURNING c.moved, p.state
