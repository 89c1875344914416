#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus/bus/mock.h"
#include "bus/producer.h"
#include "db/stream/feed.h"
#include "member.h"
#include "runtime/clock.h"
#include "runtime/stop.h"
#include "support/postgres.h"
#include "support/process.h"

/* Two stories with a broker, a database and members that are frozen, killed and stopped, or left
 * without partitions: joining the mock cluster's group takes three seconds each time. */

#define PARTITIONS 4
#define PAGE 50

static char self[4096]; /* this program's path */
static struct mock mock;
static struct gb_test_postgres *server;
static struct gb_pg *admin;
static struct feed *feed;
static struct gb_producer *producer;
static int64_t sent[PARTITIONS]; /* records */
static int64_t delivered;
static char log_path[64];

/* --- sending --- */

static void count_delivered(void *context, uint64_t tag, bool ok, const struct gb_err *err)
{
    (void)context;
    (void)tag;
    (void)err;
    assert_true(ok);
    delivered++;
}

static void open_producer(void)
{
    struct gb_err err;
    const struct gb_producer_options options = {
        .config = mock.config,
        .cluster = "dc1",
        .client_id = "test",
        .linger_ms = 2,
        .message_timeout_ms = 10000,
        .in_flight_max = 10000,
        .delivered = count_delivered,
    };
    GB_CHECK(gb_producer_open(&options, &producer, &err) == GB_OK);
}

/* `pages` pages to each partition. */
static void send_pages(int pages)
{
    int64_t wanted = delivered + (int64_t)pages * PAGE * PARTITIONS;
    feed_clear(feed);
    for (int i = 0; i < pages * PAGE * PARTITIONS; i++) {
        struct gb_err err;
        int32_t partition = i % PARTITIONS;
        int64_t page = sent[partition] / PAGE + 1;
        const struct feed_at at = {
            .topic = MEMBER_TOPIC,
            .source = "dc2",
            .stream = "ledger",
            .partition = partition,
            .page = page,
            .previous = page - 1,
            .index = (int32_t)(sent[partition] % PAGE),
            .count = PAGE,
        };
        const struct gb_record *record = feed_text(feed, &at, "body");
        assert_int_equal(gb_producer_send(producer, record, 0, &err), GB_OK);
        sent[partition]++;
    }
    int64_t deadline_us = gb_clock_mono_us() + 10000000;
    while (delivered < wanted && gb_clock_mono_us() < deadline_us)
        (void)gb_producer_poll(producer, 20);
    assert_int_equal(delivered, wanted);
}

/* --- members --- */

static const char *settings_path(const char *instance)
{
    static char path[64];
    (void)snprintf(path, sizeof(path), "/var/tmp/geobill-member-%d-%s.ini", (int)getpid(),
                   instance);
    return path;
}

static const char *settings_of(const char *instance, int session_ms)
{
    const char *path = settings_path(instance);
    char *conninfo = gb_test_conninfo(server, "dc1");
    FILE *file = fopen(path, "w");
    GB_CHECK(file != NULL);
    GB_CHECK(fprintf(file,
                     "[datacenter]\ncode=dc1\ncatalogue=dc2\n[postgres]\nconninfo=%s\nstatement_"
                     "timeout_ms=10000\n"
                     "[kafka.dc2]\nbootstrap.servers=%s\nfetch.wait.max.ms=5\n"
                     "[projector]\ninstance=%s\nbatch_records_max=100\npoll_ms=50\nsession_timeout_"
                     "ms=%d\n",
                     conninfo, rd_kafka_mock_cluster_bootstraps(mock.cluster), instance,
                     session_ms) > 0);
    GB_CHECK(fclose(file) == 0);
    free(conninfo);
    return path;
}

static pid_t member_start(const char *instance, int session_ms)
{
    const char *const argv[] = {self, settings_of(instance, session_ms), NULL};
    return gb_test_spawn(argv, log_path, SIGKILL);
}

static int member_stop(pid_t pid)
{
    int status = -1;
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_true(gb_test_ended(pid, 10000));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* --- looking --- */

static int64_t look(const char *query)
{
    return gb_test_sql_int(admin, query);
}

/* Polls until the query gives `wanted`. */
static void await(const char *query, int64_t wanted, int64_t timeout_ms)
{
    int64_t deadline_us = gb_clock_mono_us() + timeout_ms * 1000;
    while (look(query) != wanted && gb_clock_mono_us() < deadline_us)
        (void)gb_stop_wait(20);
    if (look(query) != wanted) {
        gb_test_show(log_path);
        fail_msg("%s: %lld instead of %lld", query, (long long)look(query), (long long)wanted);
    }
}

#define ROWS "SELECT count(*) FROM applied"

/* All that was sent is there, once, its pages complete, the positions behind it, and nothing is a
 * dead letter. */
static void await_all(int64_t timeout_ms)
{
    int64_t all = 0;
    for (int i = 0; i < PARTITIONS; i++)
        all += sent[i];
    await(ROWS, all, timeout_ms);
    await("SELECT coalesce(sum(next_offset), 0)::bigint FROM position", all, timeout_ms);
    assert_int_equal(look("SELECT sum(complete)::bigint FROM progress"), all / PAGE);
    assert_int_equal(look("SELECT count(*) FROM dead_letter"), 0);
}

static int64_t applied_by(const char *instance)
{
    char query[100];
    (void)snprintf(query, sizeof(query), "SELECT count(*) FROM applied WHERE by = '%s'", instance);
    return look(query);
}

static bool log_says(const char *words)
{
    bool found = false;
    char line[2048];
    FILE *file = fopen(log_path, "r");
    GB_CHECK(file != NULL);
    while (!found && fgets(line, sizeof(line), file) != NULL)
        found = strstr(line, words) != NULL;
    (void)fclose(file);
    return found;
}

/* --- the story --- */

static void a_lane_loses_and_doubles_nothing(void **state)
{
    (void)state;
    GB_CHECK(setenv("MEMBER_GROUP", "group", 1) == 0);
    pid_t first = member_start("1", 6000);
    send_pages(4);
    await_all(20000);
    assert_int_equal(
        look("SELECT count(*) FROM daemon WHERE role = 'projector' AND instance = '1'"), 1);

    /* The database crashes while records come: no dead letter, the same process goes on. */
    gb_test_postgres_crash(server);
    send_pages(4);
    gb_pg_close(admin);
    admin = gb_test_connect(server, "dc1", NULL);
    await_all(20000);
    assert_int_equal(kill(first, 0), 0);
    assert_true(log_says("lane goes on"));

    /* A second member takes half, in the middle of the work. */
    pid_t second = member_start("2", 6000);
    for (int i = 0; i < 40 && applied_by("2") == 0; i++) {
        send_pages(1);
        (void)gb_stop_wait(250);
    }
    await_all(20000);
    assert_true(applied_by("2") > 0);

    /* Frozen in the middle of a transaction: the other takes over, and the zombie that wakes writes
     * nothing. */
    gb_test_sql(admin, "SELECT pg_advisory_lock(1)");
    int64_t before = applied_by("2");
    send_pages(2);
    await("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted", 2, 10000);
    assert_int_equal(kill(second, SIGSTOP), 0);
    int status; /* all its threads stand still, not just the one that took the signal */
    assert_int_equal(waitpid(second, &status, WUNTRACED), second);
    assert_true(WIFSTOPPED(status));
    gb_test_sql(admin, "SELECT pg_advisory_unlock(1)");
    await_all(30000);
    assert_int_equal(applied_by("2"), before);
    assert_int_equal(kill(second, SIGCONT), 0);
    int64_t deadline_us = gb_clock_mono_us() + 10000000;
    while (!log_says("partitions revoked") && !log_says("fenced") &&
           gb_clock_mono_us() < deadline_us)
        (void)gb_stop_wait(50);
    send_pages(1);
    await_all(30000);
    assert_int_equal(look("SELECT max(times) FROM applied"), 1);

    /* Asked to stop they finish and end well; killed, the next goes on where the database says. */
    assert_int_equal(member_stop(second), 0);
    assert_int_equal(kill(first, SIGKILL), 0);
    assert_int_equal(waitpid(first, NULL, 0), first);
    send_pages(2);
    gb_test_sql(admin, "UPDATE position SET next_offset = 0"); /* and all of it again */
    first = member_start("1", 6000);
    await_all(30000);
    assert_int_equal(look("SELECT count(*) FROM applied WHERE times > 2"), 0);
    assert_true(look("SELECT count(*) FROM applied WHERE times = 2") > 0);
    assert_int_equal(member_stop(first), 0);
}

static void await_log(const char *words, int64_t timeout_ms)
{
    int64_t deadline_us = gb_clock_mono_us() + timeout_ms * 1000;
    while (!log_says(words) && gb_clock_mono_us() < deadline_us)
        (void)gb_stop_wait(50);
    if (!log_says(words)) {
        gb_test_show(log_path);
        fail_msg("the member never said: %s", words);
    }
}

static void set_topic(rd_kafka_resp_err_t code)
{
    rd_kafka_mock_topic_set_error(mock.cluster, MEMBER_TOPIC, code);
}

/* The topic goes: the group leaves its member without partitions for good, and librdkafka's client
 * does not end when it is closed (hangs.c). The member stays away, and comes back with another
 * client when the group has forgotten it. */
static void a_lane_without_partitions_leaves_and_joins_anew(void **state)
{
    (void)state;
    GB_CHECK(setenv("MEMBER_GROUP", "lonely", 1) == 0 && setenv("MEMBER_HANGS", "1", 1) == 0);
    pid_t member = member_start("3", 3000);
    GB_CHECK(unsetenv("MEMBER_HANGS") == 0);
    send_pages(1);
    await_all(30000);
    gb_producer_close(producer); /* it would remember that there is no such topic */
    set_topic(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    await_log("staying away for the group to forget us", 40000);
    await_log("a client hangs", 10000);
    set_topic(RD_KAFKA_RESP_ERR_NO_ERROR);
    open_producer();
    send_pages(1);
    await_all(30000);
    assert_int_equal(kill(member, 0), 0); /* the same process */
    assert_int_equal(member_stop(member), 0);
}

static int before_all(void **state)
{
    (void)state;
    struct gb_err err;
    GB_CHECK(gb_wire_init(&err) == GB_OK);
    server = gb_test_postgres_start();
    gb_test_database(server, "dc1", "dc1", "dc2");
    admin = gb_test_connect(server, "dc1", NULL);
    gb_test_sql(
        admin,
        "CREATE TABLE applied (partition integer, record_offset bigint, by text, times integer "
        "DEFAULT 1,"
        " PRIMARY KEY (partition, record_offset)); GRANT ALL ON applied TO geobill_projector");
    mock = mock_open("");
    mock_topic(&mock, MEMBER_TOPIC, PARTITIONS);
    open_producer();
    feed = feed_new();
    (void)snprintf(log_path, sizeof(log_path), "/var/tmp/geobill-member-%d.log", (int)getpid());
    return 0;
}

static int after_all(void **state)
{
    (void)state;
    gb_producer_close(producer);
    mock_close(&mock);
    feed_free(feed);
    gb_pg_close(admin);
    gb_test_postgres_stop(server);
    gb_wire_done();
    (void)unlink(settings_path("1"));
    (void)unlink(settings_path("2"));
    (void)unlink(settings_path("3"));
    (void)unlink(log_path);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lane_without_partitions_leaves_and_joins_anew),
        cmocka_unit_test(a_lane_loses_and_doubles_nothing),
    };
    if (argc == 2)
        return member_main(argv[1]);
    GB_CHECK(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
    gb_stop_init();
    return cmocka_run_group_tests(tests, before_all, after_all);
}
