-- The number of the first page that has something for one of the wanted partitions, each from a page of its own on.
-- Parameters: $1 stream text, $2 topics text[], $3 partitions int4[], $4 from pages int8[]. Result: number, or no row.
SELECT p.number
FROM page p
WHERE p.stream = $1::text
  AND p.number >= (SELECT min(n) FROM unnest($4::bigint[]) AS n)
  AND EXISTS (SELECT FROM unnest(p.topics, p.partitions) AS t (topic, partition)
              JOIN unnest($2::text[], $3::integer[], $4::bigint[]) AS w (topic, partition, number)
                  ON w.topic = t.topic AND w.partition = t.partition AND w.number <= p.number)
ORDER BY p.number
LIMIT 1
