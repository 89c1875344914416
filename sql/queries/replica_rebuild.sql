-- Empties the copy of what another datacenter sends, so that it is filled again (see the function).
-- Parameters: $1 source text, $2 stream text ('ledger' or 'catalogue'), $3 now (us) int8.
-- Result: shares, entries, links removed int8, items of the catalogue marked int8.
SELECT r.shares, r.entries, r.links, r.items FROM rebuild_replica($1::text, $2::text, $3::bigint) r
