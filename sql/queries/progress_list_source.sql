-- How far this datacenter's readers are with another's streams.
-- Parameters: $1 source text. Result: stream, topic, partition, complete page, records of the next page.
SELECT stream, topic, partition, complete, next_index FROM progress WHERE source = $1::text ORDER BY stream, topic, partition
