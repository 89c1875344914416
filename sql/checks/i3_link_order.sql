-- invariant: I3, a peer received no more than was granted to it
-- meaning: what the peer confirmed, and what its copied links say it received from here, stays within what we granted.
-- columns: account_no, peer, out_total, peer_in_total, copied_in_total
SELECT l.account_no, l.peer, l.out_total, l.peer_in_total, r.in_total AS copied_in_total
FROM share_link l
LEFT JOIN local_datacenter d ON true
LEFT JOIN replicated_link r ON r.account_no = l.account_no AND r.dc = l.peer AND r.peer = d.code
WHERE l.peer_in_total > l.out_total OR r.in_total > l.out_total
ORDER BY l.account_no, l.peer
