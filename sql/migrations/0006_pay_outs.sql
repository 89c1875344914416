-- 0006: pay-outs: what waits for money, what is asked of peers and by them.

ALTER TABLE operation ADD COLUMN deadline_us bigint;
ALTER TABLE operation ADD COLUMN facts text;
COMMENT ON COLUMN operation.deadline_us IS 'Of a pay-out: until when it may wait for money; NULL for what never waits.';
COMMENT ON COLUMN operation.facts IS 'Of a refused pay-out: what was known when it was refused, JSON text; part of the stored answer.';

CREATE TABLE waiting (
    account_no  bigint   NOT NULL,
    client_no   integer  NOT NULL,
    key         text     NOT NULL,
    clock_us    bigint   NOT NULL CHECK (clock_us >= 0),
    after_seq   bigint   NOT NULL CHECK (after_seq >= 0),
    deadline_us bigint   NOT NULL,
    impatient   boolean  NOT NULL,
    PRIMARY KEY (account_no, client_no, key)
);
COMMENT ON TABLE waiting IS 'Operations that are WAITING for money: a row comes with the state and goes with it. Small.';
COMMENT ON COLUMN waiting.account_no IS 'The account whose share has too little.';
COMMENT ON COLUMN waiting.client_no IS 'Client of the operation.';
COMMENT ON COLUMN waiting.key IS 'Key of the operation.';
COMMENT ON COLUMN waiting.clock_us IS 'Its priority, a hybrid logical clock: lower is older is paid first.';
COMMENT ON COLUMN waiting.after_seq IS 'Answers to asks numbered above this count for its refusal.';
COMMENT ON COLUMN waiting.deadline_us IS 'Refused when it is still short then.';
COMMENT ON COLUMN waiting.impatient IS 'Refused as soon as too little is known to be anywhere.';

ALTER TABLE share_link
    ADD COLUMN granted_total      bigint   NOT NULL DEFAULT 0,
    ADD COLUMN ask_state          smallint NOT NULL DEFAULT 0 CHECK (ask_state BETWEEN 0 AND 2),
    ADD COLUMN ask_seq            bigint   NOT NULL DEFAULT 0 CHECK (ask_seq >= 0),
    ADD COLUMN ask_target         bigint   NOT NULL DEFAULT 0 CHECK (ask_target >= 0),
    ADD COLUMN ask_round          integer  NOT NULL DEFAULT 0 CHECK (ask_round >= 0),
    ADD COLUMN ask_from_total     bigint   NOT NULL DEFAULT 0,
    ADD COLUMN reask_at_us        bigint   NOT NULL DEFAULT 0,
    ADD COLUMN answer_seq         bigint   NOT NULL DEFAULT 0,
    ADD COLUMN answer_total       bigint   NOT NULL DEFAULT 0,
    ADD COLUMN answer_balance     bigint   NOT NULL DEFAULT 0,
    ADD COLUMN answer_available   bigint   NOT NULL DEFAULT 0,
    ADD COLUMN answer_reserved    bigint   NOT NULL DEFAULT 0,
    ADD COLUMN earlier_seq        bigint   NOT NULL DEFAULT 0,
    ADD COLUMN earlier_total      bigint   NOT NULL DEFAULT 0,
    ADD COLUMN earlier_balance    bigint   NOT NULL DEFAULT 0,
    ADD COLUMN earlier_available  bigint   NOT NULL DEFAULT 0,
    ADD COLUMN earlier_reserved   bigint   NOT NULL DEFAULT 0,
    ADD COLUMN peer_ask_seq       bigint   NOT NULL DEFAULT 0,
    ADD COLUMN peer_ask_target    bigint   NOT NULL DEFAULT 0,
    ADD COLUMN peer_ask_clock_us  bigint   NOT NULL DEFAULT 0,
    ADD COLUMN peer_ask_round     integer  NOT NULL DEFAULT 0,
    ADD COLUMN peer_ask_until_us  bigint   NOT NULL DEFAULT 0,
    ADD COLUMN demand             bigint   NOT NULL DEFAULT 0,
    ADD COLUMN demand_at_us       bigint   NOT NULL DEFAULT 0,
    ADD COLUMN hint_version       bigint   NOT NULL DEFAULT 0,
    ADD COLUMN hint               bigint   NOT NULL DEFAULT 0,
    ADD COLUMN hint_at_us         bigint   NOT NULL DEFAULT 0,
    ADD COLUMN clock_us           bigint   NOT NULL DEFAULT 0;
-- What was received before there were asks had been granted.
UPDATE share_link SET granted_total = in_total;
ALTER TABLE share_link
    ADD CONSTRAINT share_link_granted CHECK (granted_total >= in_total),
    ADD CONSTRAINT share_link_ask CHECK ((ask_target <= in_total) = (ask_state = 0)),
    ADD CONSTRAINT share_link_answers CHECK (ask_seq >= answer_seq AND answer_seq >= earlier_seq);
-- What is open with a peer, few rows: money that comes in looks here and at waiting, and else at no link.
CREATE INDEX share_link_open ON share_link (account_no)
    WHERE ask_state <> 0 OR peer_ask_target > out_total OR granted_total > in_total;
COMMENT ON TABLE share_link IS 'One share and the share of the same account at one peer: cumulative totals, what each asks of the other, what the peer last said.';
COMMENT ON COLUMN share_link.granted_total IS 'What the peer says it granted, ever; above in_total: in flight to here.';
COMMENT ON COLUMN share_link.ask_state IS 'Our ask: 0 none is open, 1 open, 2 open and answered with too little so far.';
COMMENT ON COLUMN share_link.ask_seq IS 'Number of our last ask; 0: never asked.';
COMMENT ON COLUMN share_link.ask_target IS 'What we asked the peer to have granted in all; open while above in_total.';
COMMENT ON COLUMN share_link.ask_round IS 'How often the open ask was sent.';
COMMENT ON COLUMN share_link.ask_from_total IS 'in_total when the ask was opened: what is above it came since.';
COMMENT ON COLUMN share_link.reask_at_us IS 'When the open ask is sent again.';
COMMENT ON COLUMN share_link.answer_seq IS 'Newest ask that the peer answered; 0: none.';
COMMENT ON COLUMN share_link.answer_total IS 'Credits less debits of the peer''s share in that answer.';
COMMENT ON COLUMN share_link.answer_balance IS 'Balance of the peer''s share in that answer.';
COMMENT ON COLUMN share_link.answer_available IS 'What was available there in that answer.';
COMMENT ON COLUMN share_link.answer_reserved IS 'Of that, kept back for older operations of the peer.';
COMMENT ON COLUMN share_link.earlier_seq IS 'The ask answered before that one; 0: none.';
COMMENT ON COLUMN share_link.earlier_total IS 'As answer_total, of the earlier answer.';
COMMENT ON COLUMN share_link.earlier_balance IS 'As answer_balance, of the earlier answer.';
COMMENT ON COLUMN share_link.earlier_available IS 'As answer_available, of the earlier answer.';
COMMENT ON COLUMN share_link.earlier_reserved IS 'As answer_reserved, of the earlier answer.';
COMMENT ON COLUMN share_link.peer_ask_seq IS 'Number of the peer''s newest ask; 0: it never asked.';
COMMENT ON COLUMN share_link.peer_ask_target IS 'What the peer asks us to have granted in all; open while above out_total.';
COMMENT ON COLUMN share_link.peer_ask_clock_us IS 'Priority of the peer''s ask.';
COMMENT ON COLUMN share_link.peer_ask_round IS 'How often the peer sent it.';
COMMENT ON COLUMN share_link.peer_ask_until_us IS 'Until when it may be granted.';
COMMENT ON COLUMN share_link.demand IS 'What was granted to the peer''s asks lately, halved with each half-life; bounds the prefetch.';
COMMENT ON COLUMN share_link.demand_at_us IS 'When demand was last halved.';
COMMENT ON COLUMN share_link.hint_version IS 'Version of the peer''s share that the hint is of; 0: none is known.';
COMMENT ON COLUMN share_link.hint IS 'What the peer could give then.';
COMMENT ON COLUMN share_link.hint_at_us IS 'When we heard it, by our clock.';
COMMENT ON COLUMN share_link.clock_us IS 'Highest hybrid logical clock seen on this link.';
