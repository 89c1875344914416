-- How far our own consumer is with our pay-ins, and when it last gave a sign of life.
-- Parameters: $1 our code text. Result: topic, partition, complete page, records of the next page, beat_at_us (0: never).
SELECT topic, partition, complete, next_index,
    coalesce((SELECT max(beat_at_us) FROM daemon WHERE role = 'consumer'), 0)
FROM progress
WHERE source = $1::text AND stream = 'payin'
