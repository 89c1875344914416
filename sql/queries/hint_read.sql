-- The peers' shares of these accounts as their copies here say: hints whom to ask. A statement of its own after the shares
-- are locked.
-- Parameters: $1 account numbers int8[], $2 this datacenter's code text.
-- Result: account_no int8, peer text, balance, held, version, credits_total, debits_total, out_total, in_total int8,
-- status int2, account_version, updated_at_us int8, what the peer says it received from here int8.
SELECT s.account_no, s.dc, s.balance, s.held, s.version, s.credits_total, s.debits_total, s.out_total, s.in_total,
    s.status, s.account_version, s.updated_at_us, coalesce(l.in_total, 0)
FROM replicated_share s
-- LIMIT 1 keeps it a look-up per row, whatever the planner believes of the number of rows.
LEFT JOIN LATERAL (SELECT in_total FROM replicated_link
                   WHERE account_no = s.account_no AND dc = s.dc AND peer = $2::text LIMIT 1) AS l ON true
WHERE s.account_no = ANY ($1::bigint[])
