-- What the readers of our streams last acknowledged.
-- Parameters: $1 streams text[]. Result: stream, reader, topic, partition, page, records, heard_at_us.
SELECT stream, reader, topic, partition, page, records, heard_at_us FROM reader_ack WHERE stream = ANY ($1::text[])
