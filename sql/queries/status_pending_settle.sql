-- Takes away what needs no more looking at, unless it was put in anew since it was listed: the share obeys; a closing is
-- confirmed (at the catalogue's datacenter it is kept until the account is CLOSED); and at the catalogue's datacenter all
-- shares of a CLOSED account are closed.
-- Parameters: $1 account numbers int8[] and $2 since_us int8[], side by side, $3 is this the catalogue's datacenter bool,
-- $4 codes of the other datacenters text[]. Result: none.
DELETE FROM status_pending p
USING unnest($1::bigint[], $2::bigint[]) AS n (account_no, since_us), account a, share s
WHERE p.account_no = n.account_no AND p.since_us = n.since_us AND a.account_no = n.account_no
    AND s.account_no = n.account_no
    AND CASE a.status
        WHEN 3 THEN s.status = 4 AND s.account_version = a.version AND NOT $3::boolean
        WHEN 4 THEN s.status = 4 AND (NOT $3 OR NOT EXISTS (
            SELECT FROM unnest($4::text[]) AS peer (dc)
            LEFT JOIN replicated_share r ON r.account_no = n.account_no AND r.dc = peer.dc
            WHERE r.status IS DISTINCT FROM 4))
        ELSE s.status = a.status
        END
