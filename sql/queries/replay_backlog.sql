-- How many replayed messages are in the outbox, counted to $2 int4 at most. Parameters: $1 streams that replay text[].
-- Result: one row, int8.
SELECT count(*) FROM (SELECT FROM outbox WHERE stream = ANY ($1::text[]) LIMIT $2::integer) AS waiting
