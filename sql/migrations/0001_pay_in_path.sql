-- 0001: accounts, shares, the immutable ledger, operations, streams and positions.
-- One database is one datacenter. Times are int64 microseconds since 1970 UTC (_us). Money is bigint minor units.

CREATE TABLE local_datacenter (
    only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    code      text    NOT NULL CHECK (code ~ '^dc[1-9][0-9]{0,3}$'),
    catalogue text    NOT NULL CHECK (catalogue ~ '^dc[1-9][0-9]{0,3}$'),
    incarnation integer NOT NULL DEFAULT 1 CHECK (incarnation >= 1),
    epoch     integer NOT NULL DEFAULT 1 CHECK (epoch >= 1)
);
COMMENT ON TABLE local_datacenter IS 'Which datacenter this database belongs to; written once by geobill migrate.';
COMMENT ON COLUMN local_datacenter.incarnation IS 'Goes up when the database went back in time (restored backup); carried in every message.';
COMMENT ON COLUMN local_datacenter.epoch IS 'Transaction-id epoch of this cluster: a restore by dump starts a new one, rows of older epochs count as committed.';

-- Catalogue items: written at the catalogue datacenter, replicated to the others by the projector.

CREATE SEQUENCE account_no_seq;
CREATE SEQUENCE client_no_seq AS integer;

CREATE TABLE account (
    account_no bigint   PRIMARY KEY,
    account_id text     NOT NULL UNIQUE CHECK (account_id ~ '^[A-Za-z0-9._-]{1,64}$'),
    name       text     NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 200),
    currency   text     NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    status     smallint NOT NULL CHECK (status BETWEEN 1 AND 4), -- 1 OPEN 2 BLOCKED 3 CLOSING 4 CLOSED
    version    bigint   NOT NULL CHECK (version >= 1),
    created_at_us bigint NOT NULL,
    updated_at_us bigint NOT NULL
);
COMMENT ON TABLE account IS 'Catalogue item: a customer''s money in one currency. Highest version wins on replicas.';
COMMENT ON COLUMN account.account_no IS 'Given once by the catalogue datacenter, its incarnation in the bits from 40 up; the same everywhere.';

CREATE TABLE client (
    client_no  integer  PRIMARY KEY,
    name       text     NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 100),
    token_hash bytea    NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    role       smallint NOT NULL CHECK (role BETWEEN 1 AND 4), -- 1 read 2 write 3 operate 4 admin
    home       text     NOT NULL CHECK (home ~ '^dc[1-9][0-9]{0,3}$'),
    revoked    boolean  NOT NULL DEFAULT false,
    version    bigint   NOT NULL CHECK (version >= 1),
    created_at_us bigint NOT NULL,
    updated_at_us bigint NOT NULL
);
COMMENT ON TABLE client IS 'Catalogue item: who may call the API. Only the SHA-256 of the token is kept.';
COMMENT ON COLUMN client.home IS 'Datacenter that owns this client''s keys without a datacenter prefix; never changes.';

CREATE TABLE status_pending (
    account_no bigint PRIMARY KEY,
    since_us   bigint NOT NULL
);
COMMENT ON TABLE status_pending IS 'Accounts whose own share has yet to follow the catalogue''s status, or (CLOSING) to confirm; swept by the consumer.';

-- Money. Changed only by the engine.

CREATE TABLE share (
    account_no    bigint   PRIMARY KEY,
    account_id    text     NOT NULL,
    currency      text     NOT NULL,
    balance       bigint   NOT NULL DEFAULT 0,
    held          bigint   NOT NULL DEFAULT 0,
    version       bigint   NOT NULL DEFAULT 0 CHECK (version >= 0),
    credits_total bigint   NOT NULL DEFAULT 0 CHECK (credits_total >= 0),
    debits_total  bigint   NOT NULL DEFAULT 0 CHECK (debits_total >= 0),
    out_total     bigint   NOT NULL DEFAULT 0 CHECK (out_total >= 0),
    in_total      bigint   NOT NULL DEFAULT 0 CHECK (in_total >= 0),
    status        smallint NOT NULL DEFAULT 1 CHECK (status BETWEEN 1 AND 4), -- 4: close confirmed
    account_version bigint NOT NULL DEFAULT 0,
    updated_at_us bigint   NOT NULL DEFAULT 0,
    CONSTRAINT share_balance_range CHECK (balance BETWEEN 0 AND 9007199254740991),
    CONSTRAINT share_held_range CHECK (held BETWEEN 0 AND balance),
    CONSTRAINT share_identity CHECK (balance = credits_total - debits_total - out_total + in_total)
) WITH (fillfactor = 70);
COMMENT ON TABLE share IS 'Own share: the part of an account''s balance that this datacenter may spend. Written only by the engine.';
COMMENT ON COLUMN share.account_version IS 'Catalogue version of the account whose status this share obeys.';
COMMENT ON COLUMN share.updated_at_us IS 'Time of the last entry; never goes back.';

CREATE TABLE share_link (
    account_no    bigint NOT NULL,
    peer          text   NOT NULL,
    out_total     bigint NOT NULL DEFAULT 0 CHECK (out_total >= 0),
    in_total      bigint NOT NULL DEFAULT 0 CHECK (in_total >= 0),
    peer_in_total bigint NOT NULL DEFAULT 0 CHECK (peer_in_total BETWEEN 0 AND out_total),
    PRIMARY KEY (account_no, peer)
) WITH (fillfactor = 70);
COMMENT ON TABLE share_link IS 'Cumulative totals of what this share granted to and received from one peer.';

CREATE SEQUENCE ledger_seq CACHE 1;
CREATE TABLE ledger (
    account_no     bigint   NOT NULL,
    version        bigint   NOT NULL CHECK (version >= 1),
    kind           smallint NOT NULL, -- enum gb_entry_kind
    status         smallint NOT NULL,
    amount         bigint   NOT NULL CHECK (amount >= 0),
    balance_after  bigint   NOT NULL CHECK (balance_after >= 0),
    held_after     bigint   NOT NULL CHECK (held_after BETWEEN 0 AND balance_after),
    credits_total  bigint   NOT NULL,
    debits_total   bigint   NOT NULL,
    out_total      bigint   NOT NULL,
    in_total       bigint   NOT NULL,
    link_out_total bigint,
    link_in_total  bigint,
    account_version bigint  NOT NULL,
    created_at_us  bigint   NOT NULL,
    span_id        bigint,
    seq            bigint   NOT NULL DEFAULT nextval('ledger_seq'),
    xid            xid8     NOT NULL DEFAULT pg_current_xact_id(),
    epoch          integer  NOT NULL DEFAULT 1,
    client_no      integer,
    trace_id       uuid,
    key            text,
    reference      text,
    peer           text,
    PRIMARY KEY (account_no, version),
    CONSTRAINT ledger_identity CHECK (balance_after = credits_total - debits_total - out_total + in_total)
);
CREATE INDEX ledger_xid ON ledger (xid);
CREATE INDEX ledger_seq_brin ON ledger USING brin (seq) WITH (pages_per_range = 32, autosummarize = on);
COMMENT ON TABLE ledger IS 'All entries of this datacenter: per account numbered without gaps, append-only for everybody. Published as it is.';
COMMENT ON COLUMN ledger.seq IS 'Drawn while the share is locked, so that each account leaves in version order.';
COMMENT ON COLUMN ledger.xid IS 'Top-level transaction id; the publisher cuts its windows by it.';

CREATE SEQUENCE operation_seq CACHE 1;
CREATE TABLE operation (
    client_no     integer  NOT NULL,
    kind          smallint NOT NULL, -- enum gb_operation_kind
    state         smallint NOT NULL, -- enum gb_operation_state
    key           text     NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
    account_no    bigint   NOT NULL,
    amount        bigint   NOT NULL CHECK (amount BETWEEN 1 AND 1000000000000000),
    created_at_us bigint   NOT NULL,
    decided_at_us bigint,
    seq           bigint,
    xid           xid8     NOT NULL DEFAULT pg_current_xact_id(),
    epoch         integer  NOT NULL DEFAULT 1,
    awaited       boolean  NOT NULL DEFAULT false,
    trace_id      uuid,
    span_id       bigint,
    reason        text,
    relayed_from  text,
    reference     text,
    metadata      text,
    PRIMARY KEY (client_no, key)
) WITH (fillfactor = 80);
CREATE INDEX operation_xid ON operation (xid) WHERE seq IS NOT NULL;
CREATE INDEX operation_seq_brin ON operation USING brin (seq) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX operation_account ON operation (account_no);
COMMENT ON TABLE operation IS 'One requested money command: idempotency record, stored answer and, for an accepted pay-in, its own outbox record.';
COMMENT ON COLUMN operation.seq IS 'Place in the stream payin; NULL for what is not published from here (refused at intake, relayed to us).';
COMMENT ON COLUMN operation.awaited IS 'Somebody waits for the outcome: the engine notifies the APIs when it is decided.';

CREATE TABLE relay (
    client_no     integer  NOT NULL,
    kind          smallint NOT NULL,
    state         smallint NOT NULL,
    key           text     NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
    owner         text     NOT NULL,
    account_no    bigint   NOT NULL,
    amount        bigint   NOT NULL CHECK (amount BETWEEN 1 AND 1000000000000000),
    created_at_us bigint   NOT NULL,
    decided_at_us bigint,
    trace_id      uuid,
    span_id       bigint,
    reason        text,
    reference     text,
    metadata      text,
    PRIMARY KEY (client_no, key)
) WITH (fillfactor = 80);
CREATE INDEX relay_account ON relay (account_no);
COMMENT ON TABLE relay IS 'A pay-in accepted here whose key is owned elsewhere; closed by the owner''s RESULT.';

CREATE TABLE overdue (
    client_no  integer NOT NULL,
    key        text    NOT NULL,
    account_no bigint  NOT NULL,
    since_us   bigint  NOT NULL,
    PRIMARY KEY (client_no, key)
);
COMMENT ON TABLE overdue IS 'Pay-ins that stay ACCEPTED because their booking would lift the share over its cap; swept by the consumer until they fit.';

-- Streams.

CREATE SEQUENCE outbox_seq CACHE 1;
CREATE TABLE outbox (
    seq           bigint PRIMARY KEY DEFAULT nextval('outbox_seq'),
    stream        text   NOT NULL, -- a peer's code, 'catalogue' or 'dlq'
    topic         text   NOT NULL,
    id            uuid   NOT NULL,
    aggregatetype text   NOT NULL,
    aggregateid   text   NOT NULL,
    type          text   NOT NULL,
    payload       bytea  NOT NULL,
    headers       bytea,
    xid           xid8   NOT NULL DEFAULT pg_current_xact_id(),
    epoch         integer NOT NULL DEFAULT 1,
    created_at_us bigint NOT NULL,
    trace_id      uuid,
    span_id       bigint
);
CREATE INDEX outbox_xid ON outbox (stream, xid);
COMMENT ON TABLE outbox IS 'What leaves and has no row of its own: asks, replies, results, relayed commands, dead letters, catalogue changes. Append-only. Debezium''s column names.';
COMMENT ON COLUMN outbox.headers IS 'Additional record headers: repeated (u16 name length, name, u32 value length, value), big-endian; NULL for none.';
COMMENT ON COLUMN outbox.aggregateid IS 'The Kafka key.';

CREATE TABLE page (
    stream     text   NOT NULL,
    number     bigint NOT NULL CHECK (number >= 1),
    lo         pg_snapshot NOT NULL,
    hi         pg_snapshot NOT NULL,
    seq_from   bigint NOT NULL,
    seq_to     bigint NOT NULL,
    records    integer NOT NULL CHECK (records >= 1),
    partitions_per_topic integer NOT NULL,
    topics     text[]   NOT NULL,
    partitions integer[] NOT NULL,
    counts     integer[] NOT NULL,
    previous   bigint[] NOT NULL,
    cut_at_us  bigint NOT NULL,
    PRIMARY KEY (stream, number)
);
COMMENT ON TABLE page IS 'A numbered piece of a stream, stored before it is sent, so that sending it again sends the very same.';
COMMENT ON COLUMN page.seq_from IS 'Inclusive, as is seq_to: the rows of the window (visible in hi, not in lo) with seq in this range.';
COMMENT ON COLUMN page.previous IS 'Per (topic, partition) of this page: the last earlier page with anything for it, 0 for none.';

CREATE TABLE reader_ack (
    stream      text   NOT NULL,
    reader      text   NOT NULL,
    topic       text   NOT NULL,
    partition   integer NOT NULL,
    page        bigint NOT NULL,
    heard_at_us bigint NOT NULL,
    moved_at_us bigint NOT NULL,
    PRIMARY KEY (stream, reader, topic, partition)
) WITH (fillfactor = 50);
COMMENT ON TABLE reader_ack IS 'The last complete page of one of our streams that a reader told us, partition by partition; the newest message counts.';

CREATE TABLE reader (
    reader      text PRIMARY KEY,
    incarnation integer NOT NULL,
    sent_at_us  bigint NOT NULL,
    heard_at_us bigint NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE reader IS 'When each peer was last heard of: time of its newest Status message and of its arrival here.';

CREATE TABLE source_head (
    source    text   NOT NULL,
    stream    text   NOT NULL,
    topic     text   NOT NULL,
    partition integer NOT NULL,
    page      bigint NOT NULL,
    at_us     bigint NOT NULL,
    PRIMARY KEY (source, stream, topic, partition)
) WITH (fillfactor = 50);
COMMENT ON TABLE source_head IS 'What a source last said it has sent: with progress it tells how old a replica is while nothing happens.';

CREATE TABLE position (
    topic         text    NOT NULL,
    partition     integer NOT NULL,
    next_offset   bigint  NOT NULL DEFAULT 0,
    fence         bigint  NOT NULL DEFAULT 0,
    updated_at_us bigint  NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);
COMMENT ON TABLE position IS 'Where to go on in a partition, written with the effect of what was read. The fence goes up at each assignment; an update that finds another fence is a zombie''s.';

CREATE TABLE progress (
    source      text    NOT NULL,
    stream      text    NOT NULL,
    topic       text    NOT NULL,
    partition   integer NOT NULL,
    incarnation integer NOT NULL DEFAULT 1,
    complete    bigint  NOT NULL DEFAULT 0,
    complete_cut_at_us bigint NOT NULL DEFAULT 0,
    page        bigint  NOT NULL DEFAULT 0,
    previous    bigint  NOT NULL DEFAULT 0,
    count       integer NOT NULL DEFAULT 0,
    next_index  integer NOT NULL DEFAULT 0,
    updated_at_us bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (source, stream, topic, partition)
) WITH (fillfactor = 50);
COMMENT ON TABLE progress IS 'Per stream and partition: the last page complete without a hole before it, and the page in progress.';

CREATE TABLE publisher_lease (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    holder      text    NOT NULL DEFAULT '',
    backend_pid integer NOT NULL DEFAULT 0,
    beat        bigint  NOT NULL DEFAULT 0,
    beat_at_us  bigint  NOT NULL DEFAULT 0
);
INSERT INTO publisher_lease DEFAULT VALUES;
COMMENT ON TABLE publisher_lease IS 'Heartbeat of the active publisher; a standby that sees it stale ends the holder''s backend before it takes over.';

CREATE TABLE daemon (
    role       text    NOT NULL,
    instance   text    NOT NULL,
    pid        integer NOT NULL,
    version    text    NOT NULL,
    listen     text    NOT NULL,
    started_at_us bigint NOT NULL,
    beat_at_us bigint  NOT NULL,
    detail     text    NOT NULL DEFAULT '',
    PRIMARY KEY (role, instance)
) WITH (fillfactor = 50);
COMMENT ON TABLE daemon IS 'Sign of life of each daemon, once a second.';

-- Replicas. Written only by the projector.

CREATE TABLE replicated_share (
    dc            text     NOT NULL,
    account_no    bigint   NOT NULL,
    balance       bigint   NOT NULL,
    held          bigint   NOT NULL,
    version       bigint   NOT NULL,
    credits_total bigint   NOT NULL,
    debits_total  bigint   NOT NULL,
    out_total     bigint   NOT NULL,
    in_total      bigint   NOT NULL,
    status        smallint NOT NULL,
    account_version bigint NOT NULL,
    updated_at_us bigint   NOT NULL,
    PRIMARY KEY (account_no, dc),
    CONSTRAINT replicated_share_identity CHECK (balance = credits_total - debits_total - out_total + in_total)
) WITH (fillfactor = 70);
COMMENT ON TABLE replicated_share IS 'This datacenter''s copy of another''s share: the after-image with the highest version.';

CREATE TABLE replicated_link (
    dc         text   NOT NULL,
    account_no bigint NOT NULL,
    peer       text   NOT NULL,
    out_total  bigint NOT NULL,
    in_total   bigint NOT NULL,
    PRIMARY KEY (account_no, dc, peer)
) WITH (fillfactor = 70);
COMMENT ON TABLE replicated_link IS 'Copy of another datacenter''s link totals; each applies by the greater.';

CREATE TABLE replicated_ledger (
    account_no     bigint   NOT NULL,
    version        bigint   NOT NULL,
    kind           smallint NOT NULL,
    status         smallint NOT NULL,
    amount         bigint   NOT NULL,
    balance_after  bigint   NOT NULL,
    held_after     bigint   NOT NULL,
    credits_total  bigint   NOT NULL,
    debits_total   bigint   NOT NULL,
    out_total      bigint   NOT NULL,
    in_total       bigint   NOT NULL,
    link_out_total bigint,
    link_in_total  bigint,
    account_version bigint  NOT NULL,
    created_at_us  bigint   NOT NULL,
    span_id        bigint,
    client_no      integer,
    trace_id       uuid,
    dc             text     NOT NULL,
    key            text,
    reference      text,
    peer           text,
    PRIMARY KEY (account_no, dc, version)
);
COMMENT ON TABLE replicated_ledger IS 'Copy of the other datacenters'' entries: the history is complete anywhere.';

-- What could not be applied.

CREATE TABLE dead_letter (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest          bytea   NOT NULL UNIQUE CHECK (length(digest) = 32),
    topic           text    NOT NULL,
    partition       integer NOT NULL,
    record_offset   bigint  NOT NULL,
    record_key      bytea,
    record_value    bytea,
    record_headers  bytea,
    record_timestamp_ms bigint NOT NULL,
    stage           text    NOT NULL,
    code            text    NOT NULL,
    message         text    NOT NULL,
    attempts        integer NOT NULL DEFAULT 1,
    first_failed_at_us bigint NOT NULL,
    last_failed_at_us  bigint NOT NULL
);
COMMENT ON TABLE dead_letter IS 'A message that could not be applied, with its reason. The same content again raises attempts.';
COMMENT ON COLUMN dead_letter.digest IS 'SHA-256 over topic, key and value: what makes it the same dead letter.';

-- A guard inside one round trip: a statement that found another number of rows than its transaction counted on ends it,
-- before the COMMIT that was sent along with it. 40001: a race, run it again. GB003: fenced, somebody else owns the partition.
CREATE FUNCTION expect_rows(found bigint, wanted bigint, otherwise text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    IF found <> wanted THEN
        RAISE EXCEPTION 'expected % rows, found %', wanted, found USING ERRCODE = otherwise;
    END IF;
    RETURN found;
END $$;

-- The ledger and the outbox are append-only for everybody, the owner included.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'GB001';
END $$;
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
