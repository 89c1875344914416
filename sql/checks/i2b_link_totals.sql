-- invariant: I2b, a share's totals are the sums of its links
-- meaning: what a share granted and received in all is what it granted to and received from its peers, one by one.
-- columns: account_no, out_total, links_out, in_total, links_in
SELECT coalesce(s.account_no, l.account_no) AS account_no, s.out_total, l.links_out, s.in_total, l.links_in
FROM share s
FULL JOIN (SELECT account_no, sum(out_total) AS links_out, sum(in_total) AS links_in
           FROM share_link GROUP BY account_no) l ON l.account_no = s.account_no
WHERE s.account_no IS NULL OR s.out_total <> coalesce(l.links_out, 0) OR s.in_total <> coalesce(l.links_in, 0)
ORDER BY 1
