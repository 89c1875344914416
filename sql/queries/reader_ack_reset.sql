-- What readers no longer mention they no longer have: their database is a new one. A stream that they do not mention at all
-- is not spoken for: its reader is down there, and what it has stands.
-- Parameters: $1 readers heard text[]; $2 streams text[], $3 readers text[], $4 topics text[], $5 partitions int4[], side by
-- side: what they mention; $6 now (us) int8. Result: none.
UPDATE reader_ack k
SET page = 0, records = 0, heard_at_us = $6::bigint, moved_at_us = $6
WHERE k.reader = ANY ($1::text[]) AND (k.page <> 0 OR k.records <> 0)
    AND EXISTS (SELECT FROM unnest($2::text[], $3::text[]) AS n (stream, reader)
                WHERE n.stream = k.stream AND n.reader = k.reader)
    AND NOT EXISTS (SELECT FROM unnest($2::text[], $3::text[], $4::text[], $5::integer[])
                        AS n (stream, reader, topic, partition)
                    WHERE n.stream = k.stream AND n.reader = k.reader AND n.topic = k.topic
                        AND n.partition = k.partition)
