-- 0019: dead letters have a state, and proposals change it: replay, park, unpark.

ALTER TABLE dead_letter
    ADD COLUMN state smallint NOT NULL DEFAULT 1 CHECK (state BETWEEN 1 AND 3), -- 1 OPEN 2 REPLAYED 3 PARKED
    ADD COLUMN proposal_id uuid;
COMMENT ON COLUMN dead_letter.state IS '1 OPEN, 2 REPLAYED (sent through again, and not come back), 3 PARKED (set aside for good).';
COMMENT ON COLUMN dead_letter.proposal_id IS 'The proposal that last replayed, parked or unparked it; NULL: none.';

CREATE TABLE proposal (
    proposal_id    uuid     PRIMARY KEY,
    client_no      integer  NOT NULL,
    key            text     NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
    kind           smallint NOT NULL CHECK (kind BETWEEN 1 AND 3), -- 1 REPLAY 2 PARK 3 UNPARK
    state          smallint NOT NULL CHECK (state BETWEEN 1 AND 5), -- 1 PROPOSED 2 RUNNING 3 STOPPED 4 DONE 5 REFUSED
    from_state     smallint NOT NULL CHECK (from_state BETWEEN 1 AND 3),
    ids            bigint[],
    code           text,
    topic          text,
    account_id     text,
    failed_from_us bigint,
    failed_to_us   bigint   NOT NULL,
    last_id        bigint   NOT NULL,
    after_id       bigint   NOT NULL DEFAULT 0,
    letters        integer  NOT NULL CHECK (letters >= 1),
    moved          integer  NOT NULL DEFAULT 0 CHECK (moved >= 0),
    rate_per_s     integer  NOT NULL CHECK (rate_per_s >= 1),
    window_from    smallint CHECK (window_from BETWEEN 0 AND 1439),
    window_to      smallint CHECK (window_to BETWEEN 0 AND 1439),
    four_eyes      boolean  NOT NULL,
    reason         text     NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
    proposed_at_us bigint   NOT NULL,
    expires_at_us  bigint   NOT NULL,
    decided_by     integer,
    decided_at_us  bigint,
    decision_reason text,
    changed_by     integer,
    changed_at_us  bigint,
    ended_at_us    bigint,
    UNIQUE (client_no, key),
    CONSTRAINT proposal_window CHECK ((window_from IS NULL) = (window_to IS NULL)),
    CONSTRAINT proposal_window_length CHECK (window_from <> window_to),
    CONSTRAINT proposal_not_own CHECK (decided_by <> client_no OR state = 5),
    CONSTRAINT proposal_four_eyes CHECK (NOT four_eyes OR state IN (1, 5) OR decided_by IS NOT NULL)
);
CREATE UNIQUE INDEX proposal_one_replay ON proposal (kind) WHERE kind = 1 AND state = 2;
CREATE INDEX proposal_running ON proposal (proposed_at_us) WHERE state = 2;
COMMENT ON TABLE proposal IS 'What an operator wants done with dead letters: whose wish, why, who approved it, and how far it has come. Never deleted.';
COMMENT ON COLUMN proposal.proposal_id IS 'UUIDv7.';
COMMENT ON COLUMN proposal.client_no IS 'Who proposed it.';
COMMENT ON COLUMN proposal.key IS 'Idempotency key, unique per client.';
COMMENT ON COLUMN proposal.kind IS '1 REPLAY, 2 PARK, 3 UNPARK.';
COMMENT ON COLUMN proposal.state IS '1 PROPOSED, 2 RUNNING, 3 STOPPED, 4 DONE, 5 REFUSED. PROPOSED and past expires_at_us is shown as EXPIRED.';
COMMENT ON COLUMN proposal.from_state IS 'Selector: the state that its dead letters are in.';
COMMENT ON COLUMN proposal.ids IS 'Selector: these; NULL: any.';
COMMENT ON COLUMN proposal.code IS 'Selector: why they failed; NULL: any.';
COMMENT ON COLUMN proposal.topic IS 'Selector: where they came from; NULL: any.';
COMMENT ON COLUMN proposal.account_id IS 'Selector: whose they are, by the Kafka key; NULL: any.';
COMMENT ON COLUMN proposal.failed_from_us IS 'Selector: last failed at or after; NULL: any.';
COMMENT ON COLUMN proposal.failed_to_us IS 'Selector: last failed before; at most when it was proposed, so that what fails again is not taken twice.';
COMMENT ON COLUMN proposal.last_id IS 'Dead letters of higher id were not there when it was proposed.';
COMMENT ON COLUMN proposal.after_id IS 'How far it has come: all up to this id are done.';
COMMENT ON COLUMN proposal.letters IS 'How many it selected when it was proposed.';
COMMENT ON COLUMN proposal.moved IS 'How many it has replayed, parked or unparked.';
COMMENT ON COLUMN proposal.rate_per_s IS 'Most dead letters a second.';
COMMENT ON COLUMN proposal.window_from IS 'It works from this minute of the day (UTC) on; NULL: always.';
COMMENT ON COLUMN proposal.window_to IS 'To this minute of the day, exclusive.';
COMMENT ON COLUMN proposal.four_eyes IS 'Another client must approve it.';
COMMENT ON COLUMN proposal.reason IS 'Why, in the words of who proposed it.';
COMMENT ON COLUMN proposal.proposed_at_us IS 'When it was proposed.';
COMMENT ON COLUMN proposal.expires_at_us IS 'Until when it can be approved.';
COMMENT ON COLUMN proposal.decided_by IS 'Client that approved or refused it; NULL: nobody had to, or has yet.';
COMMENT ON COLUMN proposal.decided_at_us IS 'When it was approved or refused.';
COMMENT ON COLUMN proposal.decision_reason IS 'Why, in the words of who decided.';
COMMENT ON COLUMN proposal.changed_by IS 'Client that last stopped it or let it go on; NULL: nobody.';
COMMENT ON COLUMN proposal.changed_at_us IS 'When it was last stopped or let go on.';
COMMENT ON COLUMN proposal.ended_at_us IS 'When the last of its dead letters was done.';

-- Does a selector take this dead letter? NULL takes any.
CREATE FUNCTION dead_letter_selected(d dead_letter, in_state smallint, ids bigint[], with_code text, from_topic text,
                                     of_account text, failed_from_us bigint, failed_to_us bigint)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT ($2 IS NULL OR d.state = $2)
       AND ($3 IS NULL OR d.id = ANY ($3))
       AND ($4 IS NULL OR d.code = $4)
       AND ($5 IS NULL OR d.topic = $5)
       AND ($6 IS NULL OR encode(d.record_key, 'escape') IN ($6, 'account:' || $6))
       AND ($7 IS NULL OR d.last_failed_at_us >= $7)
       AND ($8 IS NULL OR d.last_failed_at_us < $8)
$$;

-- The stream that carries a dead letter back to its topic; NULL: it can not be replayed, because the topic is none of ours
-- or the key is no text as all our keys are.
CREATE FUNCTION dead_letter_stream(topic text, record_key bytea) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT 'replay-' || CASE
        WHEN position('\' IN encode($2, 'escape')) > 0 THEN NULL
        WHEN $1 = 'geobill.catalogue.v1' THEN (SELECT catalogue FROM local_datacenter)
        WHEN $1 ~ '^geobill\.dc[1-9][0-9]{0,3}\.(payin|ledger|reserve|reserve-reply)\.v1$' THEN split_part($1, '.', 2)
    END
$$;
