-- 0011: all kinds of commands about money: holds, transfers, charges and refunds beside pay-ins and pay-outs.

ALTER TABLE operation
    ADD COLUMN payee_no      bigint,
    ADD COLUMN hold_id       uuid,
    ADD COLUMN expires_at_us bigint,
    ADD COLUMN service       text,
    ADD COLUMN price_version bigint,
    ADD COLUMN original_key  text,
    ADD COLUMN refunded      bigint NOT NULL DEFAULT 0;
ALTER TABLE operation
    ADD CONSTRAINT operation_refunded CHECK (refunded BETWEEN 0 AND amount);
COMMENT ON COLUMN operation.state IS '1 ACCEPTED, 2 BOOKED, 3 WAITING, 4 PAID, 5 REFUSED, 6 HELD, 7 RELEASED.';
COMMENT ON COLUMN operation.account_no IS 'The account; of a transfer the payer''s.';
COMMENT ON COLUMN operation.deadline_us IS 'Until when it may wait for money; NULL for what never waits.';
COMMENT ON COLUMN operation.payee_no IS 'Of a transfer: the account that gets the money.';
COMMENT ON COLUMN operation.hold_id IS 'Of a hold: the id it has once it is HELD. Of a capture and a void: the hold they are about.';
COMMENT ON COLUMN operation.expires_at_us IS 'Of a hold: when it expires.';
COMMENT ON COLUMN operation.service IS 'Of a charge: the service.';
COMMENT ON COLUMN operation.price_version IS 'Of a charge: the catalogue version of the price that was taken.';
COMMENT ON COLUMN operation.original_key IS 'Of a refund: the key of the pay-out, charge or capture that gives money back; of the same client, owned here too.';
COMMENT ON COLUMN operation.refunded IS 'Of a pay-out, charge or capture: what all its refunds have given back.';

CREATE TABLE hold (
    hold_id       uuid     PRIMARY KEY,
    account_no    bigint   NOT NULL,
    amount        bigint   NOT NULL CHECK (amount BETWEEN 1 AND 1000000000000000),
    captured      bigint   NOT NULL DEFAULT 0 CHECK (captured BETWEEN 0 AND amount),
    placed_at_us  bigint   NOT NULL,
    expires_at_us bigint   NOT NULL,
    ended_at_us   bigint,
    client_no     integer  NOT NULL,
    state         smallint NOT NULL CHECK (state BETWEEN 1 AND 4), -- enum gb_hold_state
    key           text     NOT NULL,
    CONSTRAINT hold_captured CHECK ((captured > 0) = (state = 2)),
    CONSTRAINT hold_ended CHECK ((ended_at_us IS NULL) = (state = 1))
) WITH (fillfactor = 70);
COMMENT ON TABLE hold IS 'Money set aside on a share of this datacenter. A row comes when its operation becomes HELD, and ends once.';
COMMENT ON COLUMN hold.hold_id IS 'Time-ordered; clients see it behind this datacenter''s code.';
COMMENT ON COLUMN hold.account_no IS 'The account.';
COMMENT ON COLUMN hold.amount IS 'What is set aside, minor units.';
COMMENT ON COLUMN hold.captured IS 'Of it, what was paid out; the rest was released with that.';
COMMENT ON COLUMN hold.placed_at_us IS 'When the money was set aside.';
COMMENT ON COLUMN hold.expires_at_us IS 'From then on it can be neither captured nor voided.';
COMMENT ON COLUMN hold.ended_at_us IS 'When it was captured, voided or found expired; NULL while it is open.';
COMMENT ON COLUMN hold.client_no IS 'Client of the operation that placed it.';
COMMENT ON COLUMN hold.state IS '1 OPEN, 2 CAPTURED, 3 VOIDED, 4 EXPIRED.';
COMMENT ON COLUMN hold.key IS 'Key of the operation that placed it.';

-- Apart, so that a hold that ends is a HOT update, and the sweep reads what is due and nothing else.
CREATE TABLE open_hold (
    expires_at_us bigint NOT NULL,
    hold_id       uuid   NOT NULL,
    account_no    bigint NOT NULL,
    PRIMARY KEY (expires_at_us, hold_id)
);
COMMENT ON TABLE open_hold IS 'The holds that are OPEN, by their expiry; a row comes and goes with the state.';
COMMENT ON COLUMN open_hold.expires_at_us IS 'When the hold expires.';
COMMENT ON COLUMN open_hold.hold_id IS 'The hold.';
COMMENT ON COLUMN open_hold.account_no IS 'Its account.';
