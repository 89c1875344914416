#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../unit/http/hand.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/stop.h"
#include "wire/messages.h"

enum { READY_MS = 5000, CALL_MS = 8000, ANSWER_BYTES = 1024 * 1024 };

struct stage stage;

static const char *const codes[2] = {"dc1", "dc2"};

static void write_config(int dc, const uint16_t ports[2])
{
    char path[] = "/tmp/geobill-api-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    char *conninfo = gb_test_conninfo(stage.server, codes[dc]);
    fprintf(file, "[datacenter]\ncode=%s\ncatalogue=dc1\n[postgres]\nconninfo=%s\n", codes[dc],
            conninfo);
    fprintf(file, "statement_timeout_ms=3000\nconnect_timeout_ms=1000\n");
    fprintf(file, "[peer.%s]\napi=http://127.0.0.1:%u\n", codes[1 - dc], (unsigned)ports[1 - dc]);
    fprintf(file,
            "[topics]\npartitions=4\n[api]\nlisten=127.0.0.1:%u\nreaders=2\npeer_timeout_ms=1000\n",
            (unsigned)ports[dc]);
    fclose(file);
    free(conninfo);
    struct gb_err err;
    if (gb_config_load(path, NULL, 0, &stage.config[dc], &err) != GB_OK)
        fail_msg("%s", err.message);
    (void)unlink(path);
    (void)snprintf(stage.url[dc], sizeof(stage.url[dc]), "http://127.0.0.1:%u",
                   (unsigned)ports[dc]);
}

static void add_clients(int dc)
{
    gb_test_sql(stage.sql[dc], "INSERT INTO client VALUES"
                               " (1, 'writer', sha256('" WRITER "'), 2, 'dc1', false, 1, 1, 1),"
                               " (2, 'reader', sha256('" READER "'), 1, 'dc1', false, 1, 1, 1),"
                               " (3, 'writer 2', sha256('" WRITER2 "'), 2, 'dc2', false, 1, 1, 1),"
                               " (4, 'revoked', sha256('" REVOKED "'), 4, 'dc1', true, 1, 1, 1)");
}

void stage_start_api(int dc)
{
    struct gb_err err;
    char why[256];
    if (gb_api_open(&stage.api[dc], stage.config[dc], &err) != GB_OK)
        fail_msg("%s", err.message);
    int64_t until_us = gb_clock_mono_us() + READY_MS * 1000;
    struct timespec pause = {.tv_nsec = 2000000};
    while (!gb_api_ready(&stage.api[dc], why, sizeof(why))) {
        if (gb_clock_mono_us() > until_us)
            fail_msg("%s: %s", codes[dc], why);
        (void)nanosleep(&pause, NULL);
    }
}

void stage_stop_api(int dc)
{
    gb_api_close(&stage.api[dc]);
}

int stage_open(void **state)
{
    (void)state;
    struct gb_err err;
    gb_log_init("test", "dc0", getenv("TEST_LOG") != NULL ? GB_LOG_DEBUG : GB_LOG_ERROR);
    gb_stop_init();
    assert_int_equal(gb_wire_init(&err), GB_OK);
    stage.server = gb_test_postgres_start();
    stage.arena = gb_arena_new(8 * 1024 * 1024);
    stage.client = gb_http_client_new("test");
    uint16_t ports[2];
    int held[2] = {hand_listen(&ports[0]), hand_listen(&ports[1])};
    for (int dc = 0; dc < 2; dc++) {
        (void)close(held[dc]);
        gb_test_database(stage.server, codes[dc], codes[dc], "dc1");
        stage.sql[dc] = gb_test_connect(stage.server, codes[dc], NULL);
        add_clients(dc);
        write_config(dc, ports);
    }
    stage_start_api(0);
    stage_start_api(1);
    return 0;
}

int stage_close(void **state)
{
    (void)state;
    for (int dc = 0; dc < 2; dc++) {
        stage_stop_api(dc);
        gb_pg_close(stage.sql[dc]);
        gb_config_free(stage.config[dc]);
    }
    gb_http_client_free(stage.client);
    gb_arena_free(stage.arena);
    gb_test_postgres_stop(stage.server);
    gb_wire_done();
    return 0;
}

int stage_empty(void **state)
{
    (void)state;
    for (int dc = 0; dc < 2; dc++)
        gb_test_sql(
            stage.sql[dc],
            "DELETE FROM operation; DELETE FROM relay; DELETE FROM outbox; DELETE FROM waiting;"
            "DELETE FROM catalogue_command; DELETE FROM status_pending; DELETE FROM service;"
            "DELETE FROM account; DELETE FROM share; DELETE FROM share_link;"
            "SET session_replication_role = replica; DELETE FROM ledger;"
            "RESET session_replication_role;"
            "DELETE FROM replicated_ledger; DELETE FROM replicated_share;"
            "DELETE FROM progress; DELETE FROM reader; DELETE FROM source_head");
    return 0;
}

static void read_problem(struct stage_answer *answer)
{
    json_t *root = json_loads(answer->text, 0, NULL);
    const char *code = json_string_value(json_object_get(root, "code"));
    const char *field = json_string_value(json_object_get(root, "field"));
    if (answer->status >= 400 && code != NULL)
        (void)snprintf(answer->code, sizeof(answer->code), "%s", code);
    if (answer->status >= 400 && field != NULL)
        (void)snprintf(answer->field, sizeof(answer->field), "%s", field);
    json_decref(root);
}

struct stage_answer stage_call_by(struct gb_http_client *client, const struct stage_call *call)
{
    struct gb_arena *arena = gb_arena_new(2 * ANSWER_BYTES);
    struct gb_http_field fields[6];
    size_t count = 0;
    if (call->token != NULL)
        fields[count++] = (struct gb_http_field){"Authorization",
                                                 gb_arena_printf(arena, "Bearer %s", call->token)};
    if (call->key != NULL)
        fields[count++] = (struct gb_http_field){"Idempotency-Key", call->key};
    if (call->prefer != NULL)
        fields[count++] = (struct gb_http_field){"Prefer", call->prefer};
    struct gb_bytes body = {NULL, 0};
    if (call->body != NULL) {
        fields[count++] = (struct gb_http_field){"Content-Type", "application/json"};
        body = (struct gb_bytes){call->body, strlen(call->body)};
    }
    struct gb_http_answer got;
    struct gb_err err;
    const char *url = gb_arena_printf(arena, "%s%s", stage.url[call->dc], call->path);
    struct stage_answer answer = {.status = 0};
    struct gb_http_call request = {call->method, url, fields, count, body, CALL_MS, ANSWER_BYTES};
    if (gb_http_call(client, &request, arena, &got, &err) != GB_OK)
        fail_msg("%s %s: %s", call->method, url, err.message);
    answer.status = got.status;
    answer.replayed = got.idempotent_replayed != NULL;
    assert_true(got.body.size < sizeof(answer.text));
    if (got.body.size > 0)
        memcpy(answer.text, got.body.data, got.body.size);
    (void)snprintf(answer.location, sizeof(answer.location), "%s",
                   got.location == NULL ? "" : got.location);
    read_problem(&answer);
    gb_arena_free(arena);
    return answer;
}

struct stage_answer stage_post(int dc, const char *path, const char *key, const char *body)
{
    struct stage_call call = {
        .dc = dc, .method = "POST", .path = path, .token = WRITER, .key = key, .body = body};
    return stage_call_by(stage.client, &call);
}

struct stage_answer stage_get(int dc, const char *path)
{
    struct stage_call call = {.dc = dc, .method = "GET", .path = path, .token = READER};
    return stage_call_by(stage.client, &call);
}

const char *stage_value(const struct stage_answer *answer, const char *path)
{
    static char value[512];
    json_t *root = json_loads(answer->text, 0, NULL), *at = root;
    char *copy = strdup(path), *rest = copy, *part;
    while (at != NULL && (part = strsep(&rest, ".")) != NULL)
        at = json_is_array(at) ? json_array_get(at, strtoul(part, NULL, 10))
                               : json_object_get(at, part);
    value[0] = '\0';
    if (json_is_string(at))
        (void)snprintf(value, sizeof(value), "%s", json_string_value(at));
    else if (json_is_integer(at))
        (void)snprintf(value, sizeof(value), "%lld", (long long)json_integer_value(at));
    else if (json_is_boolean(at))
        (void)snprintf(value, sizeof(value), "%s", json_is_true(at) ? "true" : "false");
    else if (json_is_array(at))
        (void)snprintf(value, sizeof(value), "%zu items", json_array_size(at));
    free(copy);
    json_decref(root);
    return value;
}

void stage_account(int dc, int number, const char *account_id, enum gb_account_status status)
{
    char text[512];
    (void)snprintf(text, sizeof(text),
                   "INSERT INTO account VALUES (%d, '%s', 'name %d', 'EUR', %d, 1, 1, 1)", number,
                   account_id, number, (int)status);
    gb_test_sql(stage.sql[dc], text);
}

int64_t stage_count(int dc, const char *table)
{
    char text[128];
    (void)snprintf(text, sizeof(text), "SELECT count(*) FROM %s", table);
    return gb_test_sql_int(stage.sql[dc], text);
}
