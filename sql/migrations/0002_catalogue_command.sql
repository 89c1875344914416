-- 0002: commands on the catalogue are idempotent too: a key space of their own, at the catalogue datacenter.

CREATE TABLE catalogue_command (
    client_no        integer NOT NULL,
    key              text    NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
    asked_account_id text,
    asked_name       text    NOT NULL,
    asked_currency   text    NOT NULL,
    reason           text,
    account_no       bigint  REFERENCES account,
    created_at_us    bigint  NOT NULL,
    PRIMARY KEY (client_no, key),
    CONSTRAINT catalogue_command_outcome CHECK ((reason IS NULL) = (account_no IS NOT NULL))
);
COMMENT ON TABLE catalogue_command IS 'Each account that was asked to be opened, with its outcome: the same key gives the same answer. Catalogue datacenter only.';
COMMENT ON COLUMN catalogue_command.client_no IS 'The client that gave the command; its keys are its own.';
COMMENT ON COLUMN catalogue_command.key IS 'Idempotency key, unique per client; not the key space of operations.';
COMMENT ON COLUMN catalogue_command.asked_account_id IS 'The account_id that was wished; NULL: left to us.';
COMMENT ON COLUMN catalogue_command.asked_name IS 'The name that was wished.';
COMMENT ON COLUMN catalogue_command.asked_currency IS 'The currency that was wished.';
COMMENT ON COLUMN catalogue_command.reason IS 'Why it was refused; NULL: it was done.';
COMMENT ON COLUMN catalogue_command.account_no IS 'The account that was opened; NULL: refused.';
COMMENT ON COLUMN catalogue_command.created_at_us IS 'When it was decided.';
