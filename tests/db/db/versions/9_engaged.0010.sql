UPDATE share s SET engaged = true
WHERE EXISTS (SELECT FROM waiting w WHERE w.account_no = s.account_no)
   OR EXISTS (SELECT FROM share_link l WHERE l.account_no = s.account_no AND l.ask_state <> 0);
