#include "runtime/config.h"

/* Rows of one section stand together; their order is that of docs/CONFIGURATION.md. */
#define TEXT GB_SETTING_TEXT
#define INT GB_SETTING_INT

const struct gb_setting gb_settings[] = {
    {"datacenter", "code", TEXT, NULL, 0, 0,
     "This datacenter: `dc1` to `dc9999`. Never changed, never used again for another."},
    {"datacenter", "catalogue", TEXT, NULL, 0, 0,
     "The datacenter that writes the catalogue (accounts, clients, datacenters). The same "
     "everywhere."},

    {"postgres", "conninfo", TEXT, NULL, 0, 0,
     "libpq connection string of this datacenter's database, TLS settings included, without `user` "
     "and `password`."},
    {"postgres", "user_api", TEXT, "geobill_api", 0, 0, "Role of geobill-api."},
    {"postgres", "user_publisher", TEXT, "geobill_publisher", 0, 0, "Role of geobill-publisher."},
    {"postgres", "user_consumer", TEXT, "geobill_consumer", 0, 0, "Role of geobill-consumer."},
    {"postgres", "user_projector", TEXT, "geobill_projector", 0, 0, "Role of geobill-projector."},
    {"postgres", "user_operator", TEXT, "geobill_operator", 0, 0,
     "Role of the operator's tool `geobill`."},
    {"postgres", "user_owner", TEXT, "geobill", 0, 0,
     "Role that owns the tables: `geobill migrate` only."},
    {"postgres", "password_file", TEXT, NULL, 0, 0,
     "File with the role's password, where one is needed."},
    {"postgres", "connect_timeout_ms", INT, "5000", 100, 60000,
     "Longest wait for a connection, per attempt."},
    {"postgres", "statement_timeout_ms", INT, "30000", 100, 600000,
     "Longest time of one statement; the server ends it then."},

    {"kafka.*", "bootstrap.servers", TEXT, NULL, 0, 0,
     "Brokers of that datacenter, `host:port,...`. All sections may name one cluster, or each its "
     "own."},
    {"kafka.*", "*", TEXT, NULL, 0, 0,
     "Any other setting of librdkafka, passed on as it stands: `security.protocol`, "
     "`sasl.mechanism`, `ssl.ca.location`; a name that ends in `_file` passes that file's "
     "content."},

    {"peer.*", "api", TEXT, NULL, 0, 0, "Base URL of that datacenter's API: `http://host:port`."},
    {"peer.*", "conninfo", TEXT, NULL, 0, 0,
     "libpq connection string of that datacenter's database for the operator's tool (verify, "
     "status); daemons do not use it."},

    {"topics", "partitions", INT, "4", 1, 1024,
     "Partitions of every topic but catalogue and dead letters (which have 1). Fixed once there is "
     "data: keys must not move."},
    {"topics", "replication", INT, "1", 1, 16, "Replicas of each partition."},
    {"topics", "min_insync_replicas", INT, "1", 1, 16,
     "Replicas that must have a message before it counts as sent."},
    {"topics", "retention_ms", INT, "604800000", 60000, 315360000000,
     "How long Kafka keeps messages. Latency only: what is lost there is sent again from the "
     "database."},

    {"api", "listen", TEXT, NULL, 0, 0, "`address:port` of the API, /livez, /readyz and /metrics."},
    {"api", "instance", TEXT, "1", 0, 0, "Name of this process among the APIs of its datacenter."},
    {"api", "threads", INT, "2", 1, 64, "Threads that serve HTTP."},
    {"api", "connections_max", INT, "4096", 1, 65536,
     "Client connections at once; more are refused."},
    {"api", "request_timeout_ms", INT, "10000", 100, 600000,
     "A client that is slower than this to send its request is cut off."},
    {"api", "body_bytes_max", INT, "65536", 1024, 1048576,
     "Longest request body; more is answered 413."},
    {"api", "batch_bytes_max", INT, "2097152", 65536, 16777216,
     "Longest body of POST /v1/batches; more is answered 413."},
    {"api", "batches_max", INT, "16", 1, 4096,
     "Batches of clients in work at a time; one more is answered 503 with Retry-After."},
    {"api", "intake_queue_max", INT, "8192", 1, 1000000,
     "Accepted pay-ins that wait for a commit; full means 503 with Retry-After."},
    {"api", "intake_batch_max", INT, "1000", 1, 10000, "Pay-ins in one commit."},
    {"api", "command_queue_max", INT, "8192", 1, 1000000,
     "Commands, all but pay-ins, that wait for a commit; full means 503 with Retry-After."},
    {"api", "command_batch_max", INT, "1000", 1, 1000, "Commands in one commit."},
    {"api", "readers", INT, "4", 1, 64, "Threads, each with a connection, that answer queries."},
    {"api", "reader_queue_max", INT, "1024", 1, 1000000,
     "Queries that wait for a reader; full means 503 with Retry-After."},
    {"api", "peer_timeout_ms", INT, "2000", 10, 60000,
     "Longest wait for another datacenter's API."},
    {"api", "waiters_max", INT, "4096", 1, 1000000,
     "Requests that wait for their outcome at once; more are answered 202 at once."},
    {"api", "wait_s_max", INT, "60", 1, 600, "Longest `Prefer: wait`."},

    {"publisher", "listen", TEXT, NULL, 0, 0, "`address:port` of /livez, /readyz and /metrics."},
    {"publisher", "wake", TEXT, NULL, 0, 0,
     "Where the datagram after a commit goes: `unix:/path` or `udp:host:port`. A hint: without it "
     "the publisher looks every poll_ms."},
    {"publisher", "page_records_max", INT, "2000", 1, 100000, "Records in one page of a stream."},
    {"publisher", "poll_ms", INT, "250", 10, 60000, "Looks for new rows at least this often."},
    {"publisher", "in_flight_max", INT, "20000", 1, 1000000,
     "Records handed to Kafka and not confirmed, per destination cluster."},
    {"publisher", "linger_ms", INT, "1", 0, 1000,
     "How long the producer waits for more records to send together."},
    {"publisher", "lease_stale_ms", INT, "10000", 500, 60000,
     "A standby takes over from a publisher whose heartbeat is older than this."},
    {"publisher", "resend_after_ms", INT, "3000", 500, 600000,
     "A reader that is alive but stands still below what was sent for this long is sent the rest "
     "again."},
    {"publisher", "resend_backoff_ms_max", INT, "60000", 1000, 3600000,
     "Longest pause between two such attempts."},
    {"publisher", "ack_interval_ms", INT, "1000", 10, 60000,
     "Acknowledgements that moved are sent at most this often."},
    {"publisher", "alive_interval_ms", INT, "2000", 10, 60000,
     "Acknowledgements are sent at least this often, as a sign of life."},

    {"consumer", "listen", TEXT, NULL, 0, 0, "`address:port` of /livez, /readyz and /metrics."},
    {"consumer", "instance", TEXT, "1", 0, 0,
     "Name of this process in its Kafka groups (static membership): different for each of several "
     "consumers of a datacenter."},
    {"consumer", "batch_records_max", INT, "1000", 1, 1000, "Records applied in one transaction."},
    {"consumer", "poll_ms", INT, "250", 10, 60000,
     "Longest wait for records before other duties are looked at."},
    {"consumer", "table_after_ms", INT, "2000", 100, 600000,
     "Own pay-ins that Kafka does not deliver for this long are read from the table."},
    {"consumer", "session_timeout_ms", INT, "6000", 1000, 300000,
     "A consumer that is silent for this long loses its partitions to another."},

    {"reserve", "reask_after_ms", INT, "200", 10, 60000,
     "A peer that was asked for part of its share and granted too little is asked again after "
     "this; doubled each time."},
    {"reserve", "reask_backoff_ms_max", INT, "2000", 10, 600000,
     "Longest pause between two such asks."},
    {"reserve", "ask_ttl_ms", INT, "10000", 100, 3600000,
     "An ask that is older than this is not granted any more."},
    {"reserve", "prefetch_max", INT, "10000000", 0, 1000000000000000,
     "Minor units that a grant may add to what was asked, so that the next ask need not be made; "
     "never more than half of what remains. 0: nothing."},
    {"reserve", "low_water", INT, "8", 0, 1000000,
     "A share that does not suffice for so many times what a batch has just spent of it asks a "
     "peer "
     "that has more than four times as much, before anybody has to wait. 0: never, as with "
     "prefetch_max=0."},
    {"reserve", "clock_skew_ms_max", INT, "60000", 100, 86400000,
     "A peer whose clock is further ahead than this raises an alarm, and is believed only so far."},
    {"reserve", "waiting_max", INT, "1000", 1, 10000,
     "Operations that wait for money of one account here; more are refused."},

    {"projector", "listen", TEXT, NULL, 0, 0, "`address:port` of /livez, /readyz and /metrics."},
    {"projector", "instance", TEXT, "1", 0, 0,
     "Name of this process in its Kafka group (static membership): different for each of several "
     "projectors of a datacenter."},
    {"projector", "batch_records_max", INT, "1000", 1, 10000,
     "Records applied in one transaction."},
    {"projector", "poll_ms", INT, "250", 10, 60000,
     "Longest wait for records before other duties are looked at."},
    {"projector", "session_timeout_ms", INT, "6000", 1000, 300000,
     "A projector that is silent for this long loses its partitions to another."},

    {"dead_letters", "four_eyes_above", INT, "100", 0, 1000000000,
     "More dead letters than this are replayed or unparked only when a second client with the role "
     "operate approves; parking always needs one."},
    {"dead_letters", "proposal_expires_s", INT, "86400", 1, 31536000,
     "A proposal that nobody has approved for this long can not be approved any more."},
    {"dead_letters", "replay_rate_per_s", INT, "1000", 1, 1000000,
     "Dead letters a second, of a replay that does not say how many."},
    {"dead_letters", "keep_s", INT, "7776000", 0, 315360000,
     "Replayed and parked dead letters are removed after this many seconds; 0: never."},

    {"log", "level", TEXT, "info", 0, 0,
     "Lines below this are dropped: `debug`, `info`, `warning`, `error`."},
};

const size_t gb_settings_count = sizeof(gb_settings) / sizeof(gb_settings[0]);
