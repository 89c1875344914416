#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../db/producer/scene.h"
#include "bus/consumer.h"
#include "runtime/clock.h"

static struct gb_config *load_config(const struct stage *stage, const char *conninfo)
{
    char path[] = "/tmp/geobill-stage-XXXXXX";
    const char *bootstrap = rd_kafka_mock_cluster_bootstraps(stage->mock.cluster);
    int file = mkstemp(path);
    GB_CHECK(file >= 0);
    GB_CHECK(dprintf(file,
                     "[datacenter]\ncode=dc1\ncatalogue=dc1\n[postgres]\nconninfo=%s\n"
                     "[kafka.dc1]\nbootstrap.servers=%s\nfetch.wait.max.ms=5\n"
                     "[kafka.dc2]\nbootstrap.servers=%s\nfetch.wait.max.ms=5\n"
                     "[peer.dc2]\napi=http://127.0.0.1:1\n[topics]\npartitions=%d\n"
                     "[publisher]\nlease_stale_ms=2000\nresend_after_ms=500\nlinger_ms=1\n"
                     "poll_ms=100\nack_interval_ms=200\nalive_interval_ms=400\n"
                     "page_records_max=100\nin_flight_max=1000\n",
                     conninfo, bootstrap, bootstrap, STAGE_PARTITIONS) > 0);
    struct gb_config *config;
    struct gb_err err;
    if (gb_config_load(path, NULL, 0, &config, &err) != GB_OK)
        fail_msg("%s: %s", err.code, err.message);
    GB_CHECK(close(file) == 0 && unlink(path) == 0);
    return config;
}

static void take_lease(struct stage *stage)
{
    struct gb_err err = {.message = ""};
    bool taken = false;
    gb_lease_init(&stage->lease, &stage->settings);
    if (gb_lease_try(&stage->lease, &taken, &err) != GB_OK || !taken)
        fail_msg("no lease: %s", err.message);
}

void stage_open(struct stage *stage, struct gb_test_postgres *server)
{
    struct gb_err err = {.message = ""};
    *stage = (struct stage){.server = server, .mock = mock_open("")};
    scene_reset(server);
    stage->owner = gb_test_connect(server, "dc1", NULL);
    mock_topic(&stage->mock, STAGE_LEDGER, STAGE_PARTITIONS);
    mock_topic(&stage->mock, STAGE_PAYIN, STAGE_PARTITIONS);
    mock_topic(&stage->mock, STAGE_REPLY_DC2, STAGE_PARTITIONS);
    mock_topic(&stage->mock, "geobill.dc1.dlq.v1", 1);
    mock_topic(&stage->mock, GB_TOPIC_CATALOGUE, 1);
    char *conninfo = gb_test_conninfo(server, "dc1");
    stage->config = load_config(stage, conninfo);
    free(conninfo);
    if (gb_publisher_settings_read(stage->config, &stage->settings, &err) != GB_OK)
        fail_msg("%s: %s", err.code, err.message);
    gb_board_init(&stage->board);
    take_lease(stage);
}

void stage_close(struct stage *stage)
{
    stage_stop(stage);
    gb_lease_done(&stage->lease);
    gb_board_done(&stage->board);
    gb_publisher_settings_done(&stage->settings);
    gb_config_free(stage->config);
    gb_pg_close(stage->owner);
    mock_close(&stage->mock);
}

void stage_start(struct stage *stage, const char *cluster)
{
    struct gb_dc dc;
    GB_CHECK(gb_dc_parse(cluster, &dc));
    gb_sender_init(&stage->sender, &stage->settings, &stage->lease, &stage->board, dc);
    gb_sender_start(&stage->sender);
    stage->sending = true;
}

void stage_stop(struct stage *stage)
{
    if (!stage->sending)
        return;
    gb_sender_stop(&stage->sender);
    gb_sender_join(&stage->sender);
    gb_sender_done(&stage->sender);
    stage->sending = false;
}

static void beat(struct stage *stage)
{
    struct gb_err err = {.message = ""};
    if (gb_lease_beat(&stage->lease, &err) != GB_OK)
        fail_msg("%s: %s", err.code, err.message);
}

static void pause_ms(long wait_ms)
{
    const struct timespec wait = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000};
    (void)nanosleep(&wait, NULL);
}

void stage_wait(struct stage *stage, const char *text)
{
    char query[1024];
    (void)snprintf(query, sizeof(query), "SELECT CASE WHEN (%s) THEN 1 ELSE 0 END", text);
    int64_t until_us = gb_clock_mono_us() + STAGE_DEADLINE_MS * 1000;
    while (gb_test_sql_int(stage->owner, query) == 0) {
        if (gb_clock_mono_us() > until_us)
            fail_msg("not within %d ms: %s", STAGE_DEADLINE_MS, text);
        beat(stage);
        pause_ms(30);
    }
}

void stage_run_ms(struct stage *stage, int64_t run_ms)
{
    for (int64_t until_us = gb_clock_mono_us() + run_ms * 1000; gb_clock_mono_us() < until_us;) {
        beat(stage);
        pause_ms(50);
    }
}

void stage_accept(struct stage *stage, int64_t account, int count)
{
    char text[512];
    (void)snprintf(text, sizeof(text),
                   "INSERT INTO operation (client_no, kind, state, key, account_no, amount,"
                   " created_at_us, seq) SELECT 1, 1, 1, 'key-' || nextval('client_no_seq'), %lld,"
                   " 1, 1700000000000000 + n, nextval('operation_seq')"
                   " FROM generate_series(1, %d) n",
                   (long long)account, count);
    gb_test_sql(stage->owner, text);
    gb_sender_wake(&stage->sender, GB_WAKE_PAYINS);
}

struct reader {
    struct reading *reading;
    struct gb_arena *arena;
};

static void read_status(struct reader *reader, const struct gb_record *record)
{
    struct gb_message_status *status = &reader->reading->status;
    struct gb_err err = {.message = ""};
    if (gb_wire_status_decode(record->value, reader->arena, status, &err) != GB_OK)
        fail_msg("%s: %s", err.code, err.message);
    reader->reading->statuses++;
    reader->reading->acks = status->acks_count;
    reader->reading->heads = status->heads_count;
    for (size_t i = 0; i < status->heads_count; i++)
        if (strcmp(status->heads[i].stream, "ledger") == 0 &&
            status->heads[i].page > reader->reading->ledger_head)
            reader->reading->ledger_head = status->heads[i].page;
}

static bool read_record(void *context, const struct gb_record *record)
{
    struct reader *reader = context;
    struct reading *reading = reader->reading;
    struct gb_envelope envelope;
    struct gb_err err;
    gb_arena_reset(reader->arena);
    reading->records++;
    if (gb_envelope_read(record->headers, record->headers_count, &envelope, &err) != GB_OK) {
        reading->refused++;
        return true;
    }
    if (envelope.kind == GB_MESSAGE_STATUS) {
        read_status(reader, record);
        return true;
    }
    struct gb_stream_progress *progress = &reading->progress[record->partition];
    reading->repeats += envelope.mark.page <= progress->complete;
    (void)gb_stream_progress_apply(progress, &envelope.mark);
    reading->complete[record->partition] = progress->complete;
    return true;
}

void stage_read(struct stage *stage, const char *topic, struct reading *ret)
{
    *ret = (struct reading){.records = 0};
    struct reader reader = {.reading = ret, .arena = gb_arena_new(1024 * 1024)};
    int partitions =
        strstr(topic, "dlq") != NULL || strstr(topic, "catalogue") != NULL ? 1 : STAGE_PARTITIONS;
    for (int32_t i = 0; i < partitions; i++) {
        struct gb_err err = {.message = ""};
        beat(stage);
        const struct gb_topic_range range = {"dc1", topic, i, -1, STAGE_DEADLINE_MS};
        if (gb_topic_read(stage->config, &range, read_record, &reader, &err) != GB_OK)
            fail_msg("%s: %s", err.code, err.message);
    }
    gb_arena_free(reader.arena);
}
