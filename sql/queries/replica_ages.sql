-- How old the copies of other datacenters' ledgers are, per partition: as young as the last page that is here as a whole; as
-- young as what the source said last, when all of that is here; and a source that says nothing of a partition has sent nothing
-- to it. Parameters: $1 codes text[], $2 partitions int4.
-- Result, for each code in the given order its partitions from 0 on: as_of_us int8 (NULL: never heard of).
SELECT nullif(greatest(p.complete_cut_at_us,
                       CASE WHEN h.page IS NULL THEN r.sent_at_us
                            WHEN p.complete >= h.page THEN h.at_us END), 0)
FROM unnest($1::text[]) WITH ORDINALITY AS d (dc, place)
CROSS JOIN generate_series(0, $2::integer - 1) AS n (partition)
LEFT JOIN reader r ON r.reader = d.dc
LEFT JOIN progress p ON p.source = d.dc AND p.stream = 'ledger' AND p.topic = 'geobill.' || d.dc || '.ledger.v1'
    AND p.partition = n.partition
LEFT JOIN source_head h ON h.source = d.dc AND h.stream = 'ledger' AND h.topic = 'geobill.' || d.dc || '.ledger.v1'
    AND h.partition = n.partition
ORDER BY d.place, n.partition
