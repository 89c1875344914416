-- 0007: what each kind of entry does, said once for all who recompute.

CREATE VIEW entry_kind (kind, name, operation, balance, held, credits, debits, share_out, share_in) AS VALUES
    (1::smallint, 'PAYIN', 1::smallint,  1,  0, 1, 0, 0, 0),
    (2,  'PAYOUT',         2,           -1,  0, 0, 1, 0, 0),
    (3,  'SHARE_OUT',      NULL,        -1,  0, 0, 0, 1, 0),
    (4,  'SHARE_IN',       NULL,         1,  0, 0, 0, 0, 1),
    (5,  'STATUS',         NULL,         0,  0, 0, 0, 0, 0),
    (6,  'HOLD',           3,            0,  1, 0, 0, 0, 0),
    (7,  'CAPTURE',        4,           -1, -1, 0, 1, 0, 0),
    (8,  'VOID',           5,            0, -1, 0, 0, 0, 0),
    (9,  'EXPIRE',         NULL,         0, -1, 0, 0, 0, 0),
    (10, 'RELEASE',        NULL,         0, -1, 0, 0, 0, 0),
    (11, 'TRANSFER_OUT',   6,           -1,  0, 0, 1, 0, 0),
    (12, 'TRANSFER_IN',    NULL,         1,  0, 1, 0, 0, 0),
    (13, 'CHARGE',         7,           -1,  0, 0, 1, 0, 0),
    (14, 'REFUND',         8,            1,  0, 1, 0, 0, 0),
    (15, 'OPENING',        NULL,         1,  0, 1, 0, 0, 0);
COMMENT ON VIEW entry_kind IS 'Kinds of entries: how an entry''s amount moves the share, +1, 0 or -1 times.';
COMMENT ON COLUMN entry_kind.kind IS 'Number of the kind.';
COMMENT ON COLUMN entry_kind.name IS 'Its name on the wire and in JSON.';
COMMENT ON COLUMN entry_kind.operation IS 'Kind of the operation whose one effect such an entry is; NULL: of none, or beside another.';
COMMENT ON COLUMN entry_kind.balance IS 'What it does to the balance.';
COMMENT ON COLUMN entry_kind.held IS 'What it does to held.';
COMMENT ON COLUMN entry_kind.credits IS 'What it does to credits_total.';
COMMENT ON COLUMN entry_kind.debits IS 'What it does to debits_total.';
COMMENT ON COLUMN entry_kind.share_out IS 'What it does to out_total.';
COMMENT ON COLUMN entry_kind.share_in IS 'What it does to in_total.';

COMMENT ON COLUMN ledger.kind IS 'Kind of the entry: see entry_kind.';
COMMENT ON COLUMN replicated_ledger.kind IS 'Kind of the entry: see entry_kind.';
COMMENT ON COLUMN operation.kind IS '1 pay-in, 2 pay-out, 3 hold, 4 capture, 5 void, 6 transfer, 7 charge, 8 refund.';
COMMENT ON COLUMN relay.kind IS 'Kind of the operation: 1 pay-in, 8 refund.';
