-- Daemons at work whose program knows fewer migrations. By way of JSON, because before 0020 the column is not there.
-- Parameters: $1 number of the migration int4, $2 at work are those that were seen after this (us) int8.
-- Result: role, instance, version text, newest migration it knows int4 (0: none), seen at (us) int8.
SELECT role, instance, version, coalesce((to_jsonb(daemon) ->> 'schema_number')::integer, 0), beat_at_us
FROM daemon
WHERE coalesce((to_jsonb(daemon) ->> 'schema_number')::integer, 0) < $1::integer AND beat_at_us > $2::bigint
ORDER BY role, instance
