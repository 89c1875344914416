-- One entry: the share moves as the kind says, the ledger gets a line.
CREATE FUNCTION pg_temp.enter(no bigint, entry_kind integer, money bigint, of_key text, with_peer text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    s share;
    l share_link;
BEGIN
    UPDATE share SET version = version + 1, updated_at_us = updated_at_us + 1,
        balance = balance + money * CASE WHEN entry_kind IN (1, 4, 12, 14, 15) THEN 1 WHEN entry_kind IN (2, 3, 7, 11, 13) THEN -1 ELSE 0 END,
        held = held + money * CASE WHEN entry_kind = 6 THEN 1 WHEN entry_kind IN (7, 8, 9, 10) THEN -1 ELSE 0 END,
        credits_total = credits_total + money * (entry_kind IN (1, 12, 14, 15))::integer,
        debits_total = debits_total + money * (entry_kind IN (2, 7, 11, 13))::integer,
        out_total = out_total + money * (entry_kind = 3)::integer,
        in_total = in_total + money * (entry_kind = 4)::integer
    WHERE account_no = no RETURNING * INTO STRICT s;
    IF with_peer IS NOT NULL THEN
        INSERT INTO share_link (account_no, peer) VALUES (no, with_peer) ON CONFLICT DO NOTHING;
        UPDATE share_link SET out_total = out_total + money * (entry_kind = 3)::integer,
            in_total = in_total + money * (entry_kind = 4)::integer
        WHERE account_no = no AND peer = with_peer RETURNING * INTO STRICT l;
    END IF;
    INSERT INTO ledger (account_no, version, kind, status, amount, balance_after, held_after, credits_total, debits_total,
        out_total, in_total, link_out_total, link_in_total, account_version, created_at_us, client_no, key, peer)
    VALUES (no, s.version, entry_kind, s.status, money, s.balance, s.held, s.credits_total, s.debits_total, s.out_total,
        s.in_total, l.out_total, l.in_total, s.account_version, s.updated_at_us,
        CASE WHEN of_key IS NOT NULL THEN 1 END, of_key, with_peer);
END $$;
