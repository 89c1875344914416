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
COMMENT ON COLUMN local_datacenter.only_row IS 'Always true: there is one row.';
COMMENT ON COLUMN local_datacenter.code IS 'Code of this datacenter: dc1, dc2 ...';
COMMENT ON COLUMN local_datacenter.catalogue IS 'Code of the datacenter that writes the catalogue.';
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
COMMENT ON COLUMN account.account_id IS 'What clients call it; the Kafka key of all about it.';
COMMENT ON COLUMN account.name IS 'Name for people, unique.';
COMMENT ON COLUMN account.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN account.status IS '1 OPEN, 2 BLOCKED, 3 CLOSING, 4 CLOSED.';
COMMENT ON COLUMN account.version IS 'Catalogue version: one up at each change.';
COMMENT ON COLUMN account.created_at_us IS 'When it was opened.';
COMMENT ON COLUMN account.updated_at_us IS 'When it last changed.';
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
COMMENT ON COLUMN client.client_no IS 'Given once by the catalogue datacenter; the same everywhere.';
COMMENT ON COLUMN client.name IS 'Name for people, unique.';
COMMENT ON COLUMN client.token_hash IS 'SHA-256 of the bearer token.';
COMMENT ON COLUMN client.role IS '1 read, 2 write, 3 operate, 4 admin; each may what those before it may.';
COMMENT ON COLUMN client.revoked IS 'The token is not taken any more.';
COMMENT ON COLUMN client.version IS 'Catalogue version: one up at each change.';
COMMENT ON COLUMN client.created_at_us IS 'When it was added.';
COMMENT ON COLUMN client.updated_at_us IS 'When it last changed.';
COMMENT ON COLUMN client.home IS 'Datacenter that owns this client''s keys without a datacenter prefix; never changes.';

CREATE TABLE status_pending (
    account_no bigint PRIMARY KEY,
    since_us   bigint NOT NULL
);
COMMENT ON TABLE status_pending IS 'Accounts whose own share has yet to follow the catalogue''s status, or (CLOSING) to confirm; swept by the consumer.';
COMMENT ON COLUMN status_pending.account_no IS 'The account.';
COMMENT ON COLUMN status_pending.since_us IS 'Since when.';

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
COMMENT ON COLUMN share.account_no IS 'The account.';
COMMENT ON COLUMN share.balance IS 'Money in the share, minor units.';
COMMENT ON COLUMN share.held IS 'Of the balance: set aside by open holds, minor units.';
COMMENT ON COLUMN share.version IS 'Number of the last entry; 0: none yet.';
COMMENT ON COLUMN share.credits_total IS 'All that was ever paid in here, minor units.';
COMMENT ON COLUMN share.debits_total IS 'All that was ever paid out here, minor units.';
COMMENT ON COLUMN share.out_total IS 'All that this share ever granted to peers, minor units.';
COMMENT ON COLUMN share.in_total IS 'All that this share ever received from peers, minor units.';
COMMENT ON COLUMN share.status IS 'Status that the share obeys: 1 OPEN, 2 BLOCKED, 3 CLOSING, 4 CLOSED (closing confirmed).';
COMMENT ON COLUMN share.account_id IS 'What clients call the account.';
COMMENT ON COLUMN share.currency IS 'ISO 4217 code.';
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
COMMENT ON COLUMN share_link.account_no IS 'The account.';
COMMENT ON COLUMN share_link.peer IS 'Code of the other datacenter.';
COMMENT ON COLUMN share_link.out_total IS 'Granted to the peer, ever, minor units.';
COMMENT ON COLUMN share_link.in_total IS 'Received from the peer, ever, minor units.';
COMMENT ON COLUMN share_link.peer_in_total IS 'What the peer last confirmed to have received of it.';

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
COMMENT ON COLUMN ledger.account_no IS 'The account.';
COMMENT ON COLUMN ledger.version IS 'Number of the entry on its share: 1, 2, 3 ... without gaps.';
COMMENT ON COLUMN ledger.kind IS '1 pay-in, 2 pay-out, 3 share out, 4 share in, 5 status.';
COMMENT ON COLUMN ledger.status IS 'Status that the share obeys after this entry.';
COMMENT ON COLUMN ledger.amount IS 'Minor units; the kind says which way. 0 for a change of status.';
COMMENT ON COLUMN ledger.balance_after IS 'Balance of the share after this entry.';
COMMENT ON COLUMN ledger.held_after IS 'Held of the share after this entry.';
COMMENT ON COLUMN ledger.credits_total IS 'Total of the share after this entry.';
COMMENT ON COLUMN ledger.debits_total IS 'Total of the share after this entry.';
COMMENT ON COLUMN ledger.out_total IS 'Total of the share after this entry.';
COMMENT ON COLUMN ledger.in_total IS 'Total of the share after this entry.';
COMMENT ON COLUMN ledger.link_out_total IS 'Total granted to the peer after this entry; NULL where no link changed.';
COMMENT ON COLUMN ledger.link_in_total IS 'Total received from the peer after this entry; NULL where no link changed.';
COMMENT ON COLUMN ledger.account_version IS 'Catalogue version of the account that the share obeys after this entry.';
COMMENT ON COLUMN ledger.created_at_us IS 'When it was entered; never goes back within a share.';
COMMENT ON COLUMN ledger.span_id IS 'W3C span of the operation.';
COMMENT ON COLUMN ledger.client_no IS 'Client of the operation; NULL for an entry without one.';
COMMENT ON COLUMN ledger.trace_id IS 'W3C trace of the operation.';
COMMENT ON COLUMN ledger.key IS 'Idempotency key of the operation; NULL for an entry without one.';
COMMENT ON COLUMN ledger.reference IS 'The client''s reference of the operation.';
COMMENT ON COLUMN ledger.peer IS 'The datacenter at the other end of a share out or share in.';
COMMENT ON COLUMN ledger.epoch IS 'Transaction-id epoch in which it was written.';
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
) WITH (fillfactor = 50);
CREATE INDEX operation_xid ON operation (xid) WHERE seq IS NOT NULL;
CREATE INDEX operation_seq_brin ON operation USING brin (seq) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX operation_account ON operation (account_no);
COMMENT ON TABLE operation IS 'One requested money command: idempotency record, stored answer and, for an accepted pay-in, its own outbox record.';
COMMENT ON COLUMN operation.client_no IS 'The client that gave the command; its keys are its own.';
COMMENT ON COLUMN operation.kind IS '1 pay-in, 2 pay-out.';
COMMENT ON COLUMN operation.state IS '1 ACCEPTED, 2 BOOKED, 3 WAITING, 4 PAID, 5 REFUSED.';
COMMENT ON COLUMN operation.key IS 'Idempotency key, unique per client.';
COMMENT ON COLUMN operation.account_no IS 'The account.';
COMMENT ON COLUMN operation.amount IS 'Minor units.';
COMMENT ON COLUMN operation.created_at_us IS 'When it was accepted.';
COMMENT ON COLUMN operation.decided_at_us IS 'When it was booked, paid or refused; NULL before.';
COMMENT ON COLUMN operation.trace_id IS 'W3C trace of the request.';
COMMENT ON COLUMN operation.span_id IS 'W3C span of the request.';
COMMENT ON COLUMN operation.reason IS 'Stable code of a refusal; NULL otherwise.';
COMMENT ON COLUMN operation.reference IS 'The client''s own reference; part of what a repeat must match.';
COMMENT ON COLUMN operation.metadata IS 'Canonical JSON text (sorted names, no blanks); part of what a repeat must match.';
COMMENT ON COLUMN operation.xid IS 'Top-level transaction id of its acceptance; the publisher cuts its windows by it.';
COMMENT ON COLUMN operation.epoch IS 'Transaction-id epoch in which it was written.';
COMMENT ON COLUMN operation.relayed_from IS 'Code of the datacenter that accepted it for us; NULL when accepted here.';
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
) WITH (fillfactor = 50);
CREATE INDEX relay_account ON relay (account_no);
COMMENT ON TABLE relay IS 'A pay-in accepted here whose key is owned elsewhere; closed by the owner''s RESULT.';
COMMENT ON COLUMN relay.client_no IS 'The client that gave the command; its keys are its own.';
COMMENT ON COLUMN relay.kind IS '1 pay-in, 2 pay-out.';
COMMENT ON COLUMN relay.state IS '1 ACCEPTED, 2 BOOKED, 3 WAITING, 4 PAID, 5 REFUSED.';
COMMENT ON COLUMN relay.key IS 'Idempotency key, unique per client.';
COMMENT ON COLUMN relay.account_no IS 'The account.';
COMMENT ON COLUMN relay.amount IS 'Minor units.';
COMMENT ON COLUMN relay.created_at_us IS 'When it was accepted.';
COMMENT ON COLUMN relay.decided_at_us IS 'When it was booked, paid or refused; NULL before.';
COMMENT ON COLUMN relay.trace_id IS 'W3C trace of the request.';
COMMENT ON COLUMN relay.span_id IS 'W3C span of the request.';
COMMENT ON COLUMN relay.reason IS 'Stable code of a refusal; NULL otherwise.';
COMMENT ON COLUMN relay.reference IS 'The client''s own reference; part of what a repeat must match.';
COMMENT ON COLUMN relay.metadata IS 'Canonical JSON text (sorted names, no blanks); part of what a repeat must match.';
COMMENT ON COLUMN relay.owner IS 'Code of the datacenter that owns the key and decides.';

CREATE TABLE overdue (
    client_no  integer NOT NULL,
    key        text    NOT NULL,
    asked_by   text    NOT NULL,
    account_no bigint  NOT NULL,
    since_us   bigint  NOT NULL,
    PRIMARY KEY (client_no, key, asked_by)
);
COMMENT ON COLUMN overdue.asked_by IS 'Datacenter that accepted it and, when that is another one, is owed the RESULT.';
COMMENT ON TABLE overdue IS 'Pay-ins that stay ACCEPTED because their booking would lift the share over its cap; swept by the consumer until they fit.';
COMMENT ON COLUMN overdue.client_no IS 'Client of the pay-in.';
COMMENT ON COLUMN overdue.key IS 'Key of the pay-in.';
COMMENT ON COLUMN overdue.account_no IS 'The account.';
COMMENT ON COLUMN overdue.since_us IS 'Since when it waits.';

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
COMMENT ON COLUMN outbox.seq IS 'Place in its stream.';
COMMENT ON COLUMN outbox.stream IS 'Code of the peer it goes to, catalogue or dlq.';
COMMENT ON COLUMN outbox.topic IS 'Kafka topic.';
COMMENT ON COLUMN outbox.id IS 'Id of the message (CloudEvents ce_id), time-ordered.';
COMMENT ON COLUMN outbox.aggregatetype IS 'What it is about: account, client, service, message.';
COMMENT ON COLUMN outbox.type IS 'CloudEvents ce_type.';
COMMENT ON COLUMN outbox.payload IS 'Framed Avro; the record''s value.';
COMMENT ON COLUMN outbox.xid IS 'Top-level transaction id; the publisher cuts its windows by it.';
COMMENT ON COLUMN outbox.epoch IS 'Transaction-id epoch in which it was written.';
COMMENT ON COLUMN outbox.created_at_us IS 'When it was written.';
COMMENT ON COLUMN outbox.trace_id IS 'W3C trace of the request it came from.';
COMMENT ON COLUMN outbox.span_id IS 'W3C span of the request it came from.';
COMMENT ON COLUMN outbox.headers IS 'Additional record headers: repeated (u16 name length, name, u32 value length, value), big-endian; NULL for none.';
COMMENT ON COLUMN outbox.aggregateid IS 'The Kafka key.';

CREATE TABLE page (
    stream     text   NOT NULL,
    number     bigint NOT NULL CHECK (number >= 1),
    lo         pg_snapshot NOT NULL,
    hi         pg_snapshot NOT NULL,
    seq_from   bigint NOT NULL,
    seq_to     bigint NOT NULL,
    xid_from   xid8,
    xid_to     xid8,
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
COMMENT ON COLUMN page.stream IS 'Name of the stream.';
COMMENT ON COLUMN page.number IS '1, 2, 3 ... within the stream.';
COMMENT ON COLUMN page.lo IS 'Snapshot at which the window before ended: what it saw is in earlier pages.';
COMMENT ON COLUMN page.hi IS 'Snapshot at which this window ends.';
COMMENT ON COLUMN page.seq_to IS 'Inclusive.';
COMMENT ON COLUMN page.records IS 'Records of the page in all.';
COMMENT ON COLUMN page.partitions_per_topic IS 'Partition count by which its records were spread; sending it again spreads them the same.';
COMMENT ON COLUMN page.topics IS 'Per part of the page: its topic.';
COMMENT ON COLUMN page.partitions IS 'Per part of the page: its partition.';
COMMENT ON COLUMN page.counts IS 'Per part of the page: its records.';
COMMENT ON COLUMN page.cut_at_us IS 'When it was cut.';
COMMENT ON COLUMN page.seq_from IS 'Inclusive, as is seq_to: the rows of the window (visible in hi, not in lo) with seq in this range.';
COMMENT ON COLUMN page.xid_from IS 'With xid_to the range of transaction ids of its rows that began after lo, NULL for none: lets a page be read again by the index on xid.';
COMMENT ON COLUMN page.xid_to IS 'Highest such transaction id.';
COMMENT ON COLUMN page.previous IS 'Per (topic, partition) of this page: the last earlier page with anything for it, 0 for none.';

CREATE TABLE stream_sent (
    stream    text    NOT NULL,
    topic     text    NOT NULL,
    partition integer NOT NULL,
    cut       bigint  NOT NULL,
    sent      bigint  NOT NULL,
    as_of     bigint  NOT NULL,
    at_us     bigint  NOT NULL,
    PRIMARY KEY (stream, topic, partition)
) WITH (fillfactor = 50);
COMMENT ON TABLE stream_sent IS 'How far our streams were cut and sent, written by the publisher once a second when it moved: a new publisher starts from here.';
COMMENT ON COLUMN stream_sent.stream IS 'Our stream.';
COMMENT ON COLUMN stream_sent.topic IS 'Topic of the stream.';
COMMENT ON COLUMN stream_sent.partition IS 'Partition of the topic.';
COMMENT ON COLUMN stream_sent.as_of IS 'Number of the last page that `cut` knows of; the same for all partitions of a stream.';
COMMENT ON COLUMN stream_sent.at_us IS 'When this was written.';
COMMENT ON COLUMN stream_sent.cut IS 'The last page with anything for the partition, among the pages up to as_of.';
COMMENT ON COLUMN stream_sent.sent IS 'Kafka has confirmed all that the pages up to this one have for the partition.';

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
COMMENT ON COLUMN reader_ack.stream IS 'Our stream.';
COMMENT ON COLUMN reader_ack.reader IS 'Code of the reading datacenter.';
COMMENT ON COLUMN reader_ack.topic IS 'Topic of the stream.';
COMMENT ON COLUMN reader_ack.partition IS 'Partition of the topic.';
COMMENT ON COLUMN reader_ack.page IS 'The last page complete there without a hole before it; may go down.';
COMMENT ON COLUMN reader_ack.heard_at_us IS 'When the reader last said so.';
COMMENT ON COLUMN reader_ack.moved_at_us IS 'When the page last changed.';

CREATE TABLE reader (
    reader      text PRIMARY KEY,
    incarnation integer NOT NULL,
    sent_at_us  bigint NOT NULL,
    heard_at_us bigint NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE reader IS 'When each peer was last heard of: time of its newest Status message and of its arrival here.';
COMMENT ON COLUMN reader.reader IS 'Code of the reading datacenter.';
COMMENT ON COLUMN reader.incarnation IS 'Its incarnation.';
COMMENT ON COLUMN reader.sent_at_us IS 'When its newest Status message was sent, by its clock.';
COMMENT ON COLUMN reader.heard_at_us IS 'When that arrived here.';

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
COMMENT ON COLUMN source_head.source IS 'Code of the sending datacenter.';
COMMENT ON COLUMN source_head.stream IS 'Its stream.';
COMMENT ON COLUMN source_head.topic IS 'Topic of the stream.';
COMMENT ON COLUMN source_head.partition IS 'Partition of the topic.';
COMMENT ON COLUMN source_head.page IS 'The last page that it has sent to the partition.';
COMMENT ON COLUMN source_head.at_us IS 'When it said so, by its clock.';

CREATE TABLE position (
    topic         text    NOT NULL,
    partition     integer NOT NULL,
    next_offset   bigint  NOT NULL DEFAULT 0,
    fence         bigint  NOT NULL DEFAULT 0,
    updated_at_us bigint  NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);
COMMENT ON TABLE position IS 'Where to go on in a partition, written with the effect of what was read. The fence goes up at each assignment; an update that finds another fence is a zombie''s.';
COMMENT ON COLUMN position.topic IS 'Kafka topic.';
COMMENT ON COLUMN position.partition IS 'Its partition.';
COMMENT ON COLUMN position.next_offset IS 'The first offset that has not been applied.';
COMMENT ON COLUMN position.fence IS 'Goes up by one at each assignment; only who knows the newest may move the position.';
COMMENT ON COLUMN position.updated_at_us IS 'When it last moved.';

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
COMMENT ON COLUMN progress.source IS 'Code of the sending datacenter.';
COMMENT ON COLUMN progress.stream IS 'Its stream.';
COMMENT ON COLUMN progress.topic IS 'Topic of the stream.';
COMMENT ON COLUMN progress.partition IS 'Partition of the topic.';
COMMENT ON COLUMN progress.incarnation IS 'Incarnation of the source whose pages these are.';
COMMENT ON COLUMN progress.complete IS 'The last page complete without a hole before it; 0: none. This is what is acknowledged.';
COMMENT ON COLUMN progress.complete_cut_at_us IS 'When the source cut that page.';
COMMENT ON COLUMN progress.page IS 'The page in progress; 0: none.';
COMMENT ON COLUMN progress.previous IS 'What the page in progress names as the page before it.';
COMMENT ON COLUMN progress.count IS 'Records of the page in progress in this partition.';
COMMENT ON COLUMN progress.next_index IS 'So many of them have been applied.';
COMMENT ON COLUMN progress.updated_at_us IS 'When it last moved.';

CREATE TABLE publisher_lease (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    holder      text    NOT NULL DEFAULT '',
    backend_pid integer NOT NULL DEFAULT 0,
    beat        bigint  NOT NULL DEFAULT 0,
    beat_at_us  bigint  NOT NULL DEFAULT 0
);
INSERT INTO publisher_lease DEFAULT VALUES;
COMMENT ON TABLE publisher_lease IS 'Heartbeat of the active publisher; a standby that sees it stale ends the holder''s backend before it takes over.';
COMMENT ON COLUMN publisher_lease.only_row IS 'Always true: there is one row.';
COMMENT ON COLUMN publisher_lease.holder IS 'Instance name of the active publisher.';
COMMENT ON COLUMN publisher_lease.backend_pid IS 'Its backend that holds the advisory lock.';
COMMENT ON COLUMN publisher_lease.beat IS 'Goes up by one at each heartbeat.';
COMMENT ON COLUMN publisher_lease.beat_at_us IS 'When it last did.';

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
COMMENT ON COLUMN daemon.role IS 'api, publisher, consumer or projector.';
COMMENT ON COLUMN daemon.instance IS 'Name of this one among those of its role.';
COMMENT ON COLUMN daemon.pid IS 'Its process id.';
COMMENT ON COLUMN daemon.version IS 'Version of the program.';
COMMENT ON COLUMN daemon.listen IS 'Address of its HTTP port.';
COMMENT ON COLUMN daemon.started_at_us IS 'When it was started.';
COMMENT ON COLUMN daemon.beat_at_us IS 'Its last sign of life.';
COMMENT ON COLUMN daemon.detail IS 'What it is doing, for status.';

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
COMMENT ON COLUMN replicated_share.account_no IS 'The account.';
COMMENT ON COLUMN replicated_share.balance IS 'Money in the share, minor units.';
COMMENT ON COLUMN replicated_share.held IS 'Of the balance: set aside by open holds, minor units.';
COMMENT ON COLUMN replicated_share.version IS 'Number of the newest entry that came.';
COMMENT ON COLUMN replicated_share.credits_total IS 'All that was ever paid in here, minor units.';
COMMENT ON COLUMN replicated_share.debits_total IS 'All that was ever paid out here, minor units.';
COMMENT ON COLUMN replicated_share.out_total IS 'All that this share ever granted to peers, minor units.';
COMMENT ON COLUMN replicated_share.in_total IS 'All that this share ever received from peers, minor units.';
COMMENT ON COLUMN replicated_share.status IS 'Status that the share obeys: 1 OPEN, 2 BLOCKED, 3 CLOSING, 4 CLOSED (closing confirmed).';
COMMENT ON COLUMN replicated_share.dc IS 'Code of the datacenter whose share it is.';
COMMENT ON COLUMN replicated_share.account_version IS 'Catalogue version of the account whose status that share obeys.';
COMMENT ON COLUMN replicated_share.updated_at_us IS 'Time of that entry, by the clock of its datacenter.';

CREATE TABLE replicated_link (
    dc         text   NOT NULL,
    account_no bigint NOT NULL,
    peer       text   NOT NULL,
    out_total  bigint NOT NULL,
    in_total   bigint NOT NULL,
    PRIMARY KEY (account_no, dc, peer)
) WITH (fillfactor = 70);
COMMENT ON TABLE replicated_link IS 'Copy of another datacenter''s link totals; each applies by the greater.';
COMMENT ON COLUMN replicated_link.dc IS 'Code of the datacenter whose link it is.';
COMMENT ON COLUMN replicated_link.account_no IS 'The account.';
COMMENT ON COLUMN replicated_link.peer IS 'Code of the datacenter at the other end.';
COMMENT ON COLUMN replicated_link.out_total IS 'Granted to the peer, ever, minor units.';
COMMENT ON COLUMN replicated_link.in_total IS 'Received from the peer, ever, minor units.';

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
COMMENT ON COLUMN replicated_ledger.account_no IS 'The account.';
COMMENT ON COLUMN replicated_ledger.version IS 'Number of the entry on its share: 1, 2, 3 ... without gaps.';
COMMENT ON COLUMN replicated_ledger.kind IS '1 pay-in, 2 pay-out, 3 share out, 4 share in, 5 status.';
COMMENT ON COLUMN replicated_ledger.status IS 'Status that the share obeys after this entry.';
COMMENT ON COLUMN replicated_ledger.amount IS 'Minor units; the kind says which way. 0 for a change of status.';
COMMENT ON COLUMN replicated_ledger.balance_after IS 'Balance of the share after this entry.';
COMMENT ON COLUMN replicated_ledger.held_after IS 'Held of the share after this entry.';
COMMENT ON COLUMN replicated_ledger.credits_total IS 'Total of the share after this entry.';
COMMENT ON COLUMN replicated_ledger.debits_total IS 'Total of the share after this entry.';
COMMENT ON COLUMN replicated_ledger.out_total IS 'Total of the share after this entry.';
COMMENT ON COLUMN replicated_ledger.in_total IS 'Total of the share after this entry.';
COMMENT ON COLUMN replicated_ledger.link_out_total IS 'Total granted to the peer after this entry; NULL where no link changed.';
COMMENT ON COLUMN replicated_ledger.link_in_total IS 'Total received from the peer after this entry; NULL where no link changed.';
COMMENT ON COLUMN replicated_ledger.account_version IS 'Catalogue version of the account that the share obeys after this entry.';
COMMENT ON COLUMN replicated_ledger.created_at_us IS 'When it was entered; never goes back within a share.';
COMMENT ON COLUMN replicated_ledger.span_id IS 'W3C span of the operation.';
COMMENT ON COLUMN replicated_ledger.client_no IS 'Client of the operation; NULL for an entry without one.';
COMMENT ON COLUMN replicated_ledger.trace_id IS 'W3C trace of the operation.';
COMMENT ON COLUMN replicated_ledger.key IS 'Idempotency key of the operation; NULL for an entry without one.';
COMMENT ON COLUMN replicated_ledger.reference IS 'The client''s reference of the operation.';
COMMENT ON COLUMN replicated_ledger.peer IS 'The datacenter at the other end of a share out or share in.';
COMMENT ON COLUMN replicated_ledger.dc IS 'Code of the datacenter whose entry it is.';

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
COMMENT ON COLUMN dead_letter.id IS 'Number for the operator.';
COMMENT ON COLUMN dead_letter.topic IS 'Where the message came from.';
COMMENT ON COLUMN dead_letter.partition IS 'Where the message came from.';
COMMENT ON COLUMN dead_letter.record_offset IS 'Offset at which it was last found.';
COMMENT ON COLUMN dead_letter.record_key IS 'Key of the message as it came.';
COMMENT ON COLUMN dead_letter.record_value IS 'Value of the message as it came.';
COMMENT ON COLUMN dead_letter.record_headers IS 'Headers of the message as they came: repeated (u16 name length, name, u32 value length, value), big-endian.';
COMMENT ON COLUMN dead_letter.record_timestamp_ms IS 'Timestamp of the message.';
COMMENT ON COLUMN dead_letter.stage IS 'Which step could not go on: envelope, decode, apply.';
COMMENT ON COLUMN dead_letter.code IS 'Why, as a stable upper-case word.';
COMMENT ON COLUMN dead_letter.message IS 'Why, for people.';
COMMENT ON COLUMN dead_letter.attempts IS 'How often it has come.';
COMMENT ON COLUMN dead_letter.first_failed_at_us IS 'When it first came.';
COMMENT ON COLUMN dead_letter.last_failed_at_us IS 'When it last came.';
COMMENT ON COLUMN dead_letter.digest IS 'SHA-256 over topic, key and value: what makes it the same dead letter.';

-- A guard inside one round trip: a statement that found another number of rows than its transaction counted on ends it,
-- before the COMMIT that was sent along with it. 40001: a race, run it again. GB003: fenced, somebody else owns the partition.
CREATE FUNCTION expect_rows(rows_found bigint, rows_wanted bigint, otherwise text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    IF rows_found <> rows_wanted THEN
        RAISE EXCEPTION 'expected % rows, found %', rows_wanted, rows_found USING ERRCODE = otherwise;
    END IF;
    RETURN rows_found;
END $$;

-- The ledger and the outbox are append-only for everybody, the owner included.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'GB001';
END $$;
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
