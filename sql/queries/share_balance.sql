-- The shares of one account at all datacenters, in the order of their codes.
-- Parameters: $1 account_id text; $2 account_no int8 and $3 currency text (both NULL: from the catalogue; given for an
--   account that is not replicated to here yet); $4 the account's partition of the ledger topics int4; $5 codes of the
--   other datacenters text[]; $6 the own code text.
-- Result: no row when the account is not known; else account_no int8, currency text, dc text, balance int8, held int8,
--   version int8, credits_total int8, debits_total int8, as_of_us int8 (NULL: own, or never heard of).
WITH who AS (
    SELECT account_no, currency FROM account WHERE account_id = $1::text
    UNION ALL
    SELECT $2::bigint, $3::text WHERE $2 IS NOT NULL
    LIMIT 1
), replica AS (
    SELECT coalesce(d.dc, r.dc) AS dc, r.balance, r.held, r.version, r.credits_total, r.debits_total
    FROM unnest($5::text[]) AS d (dc)
    FULL JOIN (SELECT r.* FROM replicated_share r JOIN who w USING (account_no)) r ON r.dc = d.dc
)
SELECT w.account_no, w.currency, $6::text AS dc, coalesce(s.balance, 0), coalesce(s.held, 0), coalesce(s.version, 0),
    coalesce(s.credits_total, 0), coalesce(s.debits_total, 0), NULL::bigint
FROM who w
LEFT JOIN share s ON s.account_no = w.account_no
UNION ALL
SELECT w.account_no, w.currency, r.dc, coalesce(r.balance, 0), coalesce(r.held, 0), coalesce(r.version, 0),
    coalesce(r.credits_total, 0), coalesce(r.debits_total, 0),
    -- A replica is as young as the last page it has whole, and as young as what its source said last when it has all of
    -- that; a source that says nothing of the partition has sent nothing to it.
    nullif(greatest(p.complete_cut_at_us,
                    CASE WHEN h.page IS NULL THEN n.sent_at_us
                         WHEN p.complete >= h.page THEN h.at_us END), 0)
FROM who w
CROSS JOIN replica r
LEFT JOIN reader n ON n.reader = r.dc
LEFT JOIN progress p ON p.source = r.dc AND p.stream = 'ledger' AND p.topic = 'geobill.' || r.dc || '.ledger.v1'
    AND p.partition = $4::integer
LEFT JOIN source_head h ON h.source = r.dc AND h.stream = 'ledger' AND h.topic = 'geobill.' || r.dc || '.ledger.v1'
    AND h.partition = $4
ORDER BY dc
