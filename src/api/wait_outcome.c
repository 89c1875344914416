#include "api/wait_outcome.h"

#include <pthread.h>
#include <stdlib.h>

#include "api/commands.h"
#include "api/link.h"
#include "db/sql.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/stop.h"

enum { LOOK_EVERY_MS = 250, LOOK_AT_MAX = 4096, ARENA_BYTES = 8 * 1024 * 1024 };

struct gb_api_waiter {
    struct gb_api *api;
    struct gb_api_link link;
    unsigned listening; /* generation of the connection that LISTEN was said on */
    struct gb_arena *arena;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    struct gb_api_request **table;
    size_t count, room;
    struct gb_api_request **looked_at; /* the thread's own: a copy of the table */
};

void gb_api_wait_outcome(struct gb_api_request *request)
{
    struct gb_api_waiter *waiter = request->api->waiter;
    (void)pthread_mutex_lock(&waiter->lock);
    bool taken = waiter->count < waiter->room && !atomic_load(&request->api->stopping);
    if (taken)
        waiter->table[waiter->count++] = request;
    (void)pthread_mutex_unlock(&waiter->lock);
    if (!taken)
        gb_api_answer_command(request);
}

/* One that nobody has decided at its time is sent to be decided, once. A pay-in has no such time.
 */
static bool is_to_be_pressed(const struct gb_api_request *request)
{
    const struct gb_api_command *command = &request->command;
    return command->due_us != 0 && !command->pressed;
}

/* When something is to be done for the request, decided or not. */
static int64_t next_us(const struct gb_api_request *request)
{
    const struct gb_api_command *command = &request->command;
    bool press = is_to_be_pressed(request) && command->due_us < command->until_us;
    return press ? command->due_us : command->until_us;
}

static bool press(struct gb_api_request *request, int64_t now_us)
{
    struct gb_api_command *command = &request->command;
    if (!is_to_be_pressed(request) || now_us < command->due_us)
        return false;
    command->pressed = true;
    if (gb_queue_push(request->api->command_queue, request))
        return true;
    /* Full: later, then. What is stored stands, so this is no answer to it. */
    command->pressed = false;
    command->due_us = now_us + LOOK_EVERY_MS * 1000;
    return false;
}

/* Moves whom the thread is to look at into its own table. */
static size_t take_all(struct gb_api_waiter *waiter)
{
    (void)pthread_mutex_lock(&waiter->lock);
    size_t count = waiter->count;
    for (size_t i = 0; i < count; i++)
        waiter->looked_at[i] = waiter->table[i];
    waiter->count = 0;
    (void)pthread_mutex_unlock(&waiter->lock);
    return count;
}

/* Asks for the states of `count` requests from `first` on. */
static enum gb_result look(struct gb_api_waiter *waiter, size_t first, size_t count,
                           struct gb_call *call, struct gb_err *err)
{
    gb_arena_reset(waiter->arena);
    int32_t *client_nos = gb_arena_array(waiter->arena, count, sizeof(*client_nos));
    const char **keys = gb_arena_array(waiter->arena, count, sizeof(*keys));
    GB_CHECK(client_nos != NULL && keys != NULL);
    for (size_t i = 0; i < count; i++) {
        client_nos[i] = waiter->looked_at[first + i]->client.client_no.value;
        keys[i] = waiter->looked_at[first + i]->key;
    }
    gb_call_init(call, &gb_sql_operation_states, waiter->arena);
    gb_params_int4_array(&call->params, client_nos, NULL, count);
    gb_params_text_array(&call->params, keys, count);
    return gb_pg_call(waiter->link.pg, call, err);
}

/* What the row says of a command; false: it is still to be decided. */
static bool read_outcome(struct gb_api_request *request, const struct gb_rows *rows, size_t row)
{
    int64_t state = gb_rows_null(rows, row, 0) ? GB_STATE_ACCEPTED : gb_rows_int(rows, row, 0);
    if (state == GB_STATE_ACCEPTED || state == GB_STATE_WAITING)
        return false;
    request->command.state = (enum gb_operation_state)state;
    request->command.decided_at_us = gb_rows_null(rows, row, 1) ? 0 : gb_rows_int(rows, row, 1);
    const char *reason = gb_rows_text(rows, row, 2);
    request->command.reason = reason == NULL ? "" : gb_arena_strdup(request->arena, reason);
    const char *facts = gb_rows_text(rows, row, 3);
    request->command.facts = facts == NULL ? NULL : gb_arena_strdup(request->arena, facts);
    GB_CHECK(request->command.reason != NULL &&
             (request->command.facts == NULL) == (facts == NULL));
    return true;
}

/* Answers who is decided or out of time, and puts the others back. `rows` NULL: the database is
 * away. Returns the nearest deadline of the others. */
static int64_t answer_some(struct gb_api_waiter *waiter, size_t first, size_t count,
                           const struct gb_rows *rows)
{
    int64_t now_us = gb_clock_mono_us(), nearest_us = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        struct gb_api_request *request = waiter->looked_at[first + i];
        bool decided = rows != NULL && read_outcome(request, rows, i);
        if (decided || now_us >= request->command.until_us) {
            gb_api_answer_command(request);
            continue;
        }
        if (press(request, now_us))
            continue;
        int64_t until_us = next_us(request);
        nearest_us = until_us < nearest_us ? until_us : nearest_us;
        gb_api_wait_outcome(request);
    }
    return nearest_us;
}

/* Looks at all who wait. Returns the nearest deadline of those who still do. */
static int64_t look_once(struct gb_api_waiter *waiter, bool connected)
{
    size_t count = take_all(waiter);
    int64_t nearest_us = INT64_MAX;
    for (size_t first = 0; first < count; first += LOOK_AT_MAX) {
        size_t some = count - first < LOOK_AT_MAX ? count - first : LOOK_AT_MAX;
        struct gb_call call = {.rows = NULL};
        struct gb_err err = {.result = GB_OK};
        if (connected && look(waiter, first, some, &call, &err) != GB_OK)
            gb_log(GB_LOG_WARNING, "cannot look for outcomes", GB_F_ERR(&err));
        int64_t until_us = answer_some(waiter, first, some, call.rows);
        nearest_us = until_us < nearest_us ? until_us : nearest_us;
        gb_calls_release(&call, 1);
    }
    return nearest_us;
}

/* A connection that listens. LISTEN comes before the look, so no decision falls between the two. */
static bool listening(struct gb_api_waiter *waiter)
{
    struct gb_err err = {.result = GB_OK};
    if (gb_api_link_ensure(&waiter->link, &err) != GB_OK)
        return false;
    if (waiter->listening == waiter->link.generation)
        return true;
    if (gb_pg_listen(waiter->link.pg, "geobill_decided", &err) != GB_OK) {
        gb_log(GB_LOG_WARNING, "cannot listen", GB_F_ERR(&err));
        return false;
    }
    waiter->listening = waiter->link.generation;
    return true;
}

static void wait_for_news(struct gb_api_waiter *waiter, bool connected, int64_t until_us)
{
    int64_t left_ms = (until_us - gb_clock_mono_us()) / 1000 + 1;
    int64_t timeout_ms = left_ms < LOOK_EVERY_MS ? (left_ms < 0 ? 0 : left_ms) : LOOK_EVERY_MS;
    struct gb_err err = {.result = GB_OK};
    bool notified = false;
    if (!connected)
        (void)gb_stop_wait(timeout_ms);
    else if (gb_pg_wait_notify(waiter->link.pg, timeout_ms, &notified, &err) != GB_OK)
        gb_log(GB_LOG_WARNING, "waiter lost its connection", GB_F_ERR(&err));
}

static void *run(void *context)
{
    struct gb_api_waiter *waiter = context;
    while (!atomic_load(&waiter->api->stopping)) {
        bool connected = listening(waiter);
        wait_for_news(waiter, connected, look_once(waiter, connected));
    }
    (void)look_once(waiter, false); /* answers all: stopping */
    return NULL;
}

struct gb_api_waiter *gb_api_waiter_open(struct gb_api *api)
{
    struct gb_api_waiter *waiter = malloc(sizeof(*waiter));
    GB_CHECK(waiter != NULL);
    *waiter = (struct gb_api_waiter){.api = api, .room = api->settings.waiters_max};
    waiter->table = calloc(waiter->room, sizeof(struct gb_api_request *));
    waiter->looked_at = calloc(waiter->room, sizeof(struct gb_api_request *));
    GB_CHECK(waiter->table != NULL && waiter->looked_at != NULL);
    waiter->arena = gb_arena_new(ARENA_BYTES);
    gb_api_link_init(&waiter->link, api, "waiter");
    GB_CHECK(pthread_mutex_init(&waiter->lock, NULL) == 0);
    GB_CHECK(pthread_create(&waiter->thread, NULL, run, waiter) == 0);
    return waiter;
}

void gb_api_waiter_close(struct gb_api_waiter *waiter)
{
    if (waiter == NULL)
        return;
    (void)pthread_join(waiter->thread, NULL);
    gb_api_link_done(&waiter->link);
    gb_arena_free(waiter->arena);
    (void)pthread_mutex_destroy(&waiter->lock);
    free(waiter->looked_at);
    free(waiter->table);
    free(waiter);
}

bool gb_api_waiter_ready(const struct gb_api_waiter *waiter)
{
    return atomic_load(&waiter->link.connected);
}
