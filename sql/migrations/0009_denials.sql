-- 0009: refusals for want of money, until it can be told whether the money was there.

CREATE TABLE denial (
    decided_at_us bigint  NOT NULL,
    client_no     integer NOT NULL,
    key           text    NOT NULL,
    PRIMARY KEY (decided_at_us, client_no, key)
);
COMMENT ON TABLE denial IS 'Operations that were refused for want of money lately: a row goes once the ledgers of all datacenters up to then are here, and it is told whether the money was there. Small.';
COMMENT ON COLUMN denial.decided_at_us IS 'When it was refused.';
COMMENT ON COLUMN denial.client_no IS 'Client of the operation.';
COMMENT ON COLUMN denial.key IS 'Key of the operation.';

COMMENT ON COLUMN operation.facts IS 'What was known when it was decided, JSON text: of one that was refused (part of the stored answer), and of one that had waited.';
