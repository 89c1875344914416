-- When consumer and projector last gave a sign of life (us; 0: never).
-- Parameters: none. Result: consumer, projector.
SELECT coalesce(max(beat_at_us) FILTER (WHERE role = 'consumer'), 0),
    coalesce(max(beat_at_us) FILTER (WHERE role = 'projector'), 0)
FROM daemon
