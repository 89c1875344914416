-- 0008: an account may be opened with a balance.

ALTER TABLE catalogue_command
    ADD COLUMN asked_balance bigint  NOT NULL DEFAULT 0 CHECK (asked_balance >= 0),
    ADD COLUMN asked_even    boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN catalogue_command.asked_balance IS 'The opening balance, minor units; entered once, as OPENING, when the account is opened.';
COMMENT ON COLUMN catalogue_command.asked_even IS 'Policy even: split over all datacenters. Otherwise home: all of it at the client''s home datacenter.';
