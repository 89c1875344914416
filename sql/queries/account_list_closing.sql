-- Of these accounts the ones CLOSING or CLOSED, with what is known of their shares at all datacenters.
-- Parameters: $1 account numbers int8[], $2 codes of the other datacenters text[]. Result: account_no int8, status int2,
-- version int8, closed int8 (shares in status CLOSED), confirmed int8 (of those, the ones that obey this very version),
-- granted int8 and received int8 (totals of money between datacenters).
SELECT a.account_no, a.status, a.version,
    (s.status = 4)::integer::bigint + r.closed,
    (s.status = 4 AND s.account_version = a.version)::integer::bigint + r.confirmed,
    s.out_total + r.granted, s.in_total + r.received
FROM account a
JOIN share s ON s.account_no = a.account_no
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE r.status = 4) AS closed,
        count(*) FILTER (WHERE r.status = 4 AND r.account_version = a.version) AS confirmed,
        coalesce(sum(r.out_total), 0)::bigint AS granted, coalesce(sum(r.in_total), 0)::bigint AS received
    FROM replicated_share r
    WHERE r.account_no = a.account_no AND r.dc = ANY ($2::text[])) r
WHERE a.account_no = ANY ($1::bigint[]) AND a.status IN (3, 4)
ORDER BY a.account_no
