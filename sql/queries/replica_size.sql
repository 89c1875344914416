-- How much there is of the copy of another datacenter's ledger, and of the catalogue.
-- Parameters: $1 source text. Result: shares int8, entries int8, links int8, accounts int8, clients int8.
SELECT (SELECT count(*) FROM replicated_share WHERE dc = $1::text),
    (SELECT count(*) FROM replicated_ledger WHERE dc = $1),
    (SELECT count(*) FROM replicated_link WHERE dc = $1),
    (SELECT count(*) FROM account),
    (SELECT count(*) FROM client)
