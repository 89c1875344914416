-- 0010: a share says itself whether something waits for it or is open with a peer.

ALTER TABLE share ADD COLUMN engaged boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN share.engaged IS 'Something waits for this share, or is open with a peer: money that comes in has to look there.';
UPDATE share s SET engaged = true
WHERE EXISTS (SELECT FROM waiting w WHERE w.account_no = s.account_no)
   OR EXISTS (SELECT FROM share_link l
              WHERE l.account_no = s.account_no
                AND (l.ask_state <> 0 OR l.peer_ask_target > l.out_total OR l.granted_total > l.in_total));
DROP INDEX share_link_open;
