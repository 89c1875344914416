-- invariant: I3, a peer received no more than was granted to it
-- meaning: what the peer confirmed, and what its copied links say it received from here, stays within what we granted.
-- columns: account_no, peer, out_total, peer_in_total, copied_in_total
SELECT coalesce(l.account_no, r.account_no) AS account_no, coalesce(l.peer, r.dc) AS peer, l.out_total, l.peer_in_total,
    r.in_total AS copied_in_total
FROM share_link l
FULL JOIN (SELECT r.* FROM replicated_link r JOIN local_datacenter d ON r.peer = d.code) r
    ON r.account_no = l.account_no AND r.dc = l.peer
WHERE l.peer_in_total > l.out_total OR r.in_total > coalesce(l.out_total, 0)
ORDER BY 1, 2
