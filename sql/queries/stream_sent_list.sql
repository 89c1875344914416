-- How far a stream was cut and sent, partition by partition, when last written down.
-- Parameters: $1 stream text. Result: topic, partition, cut, sent, as_of.
SELECT topic, partition, cut, sent, as_of FROM stream_sent WHERE stream = $1::text
