/* The body of a batch. What is wrong with it as a whole refuses it and changes nothing; what is
 * wrong with one command is that one's answer. */
#include <stdlib.h>
#include <string.h>

#include "api/client_batch.h"
#include "api/read_body.h"
#include "api/route_table.h"

/* A bound only: a command of the usual kind takes 2 kB. */
enum { BYTES_PER_COMMAND = 64 * 1024, BYTES_MORE = 64 * 1024 };

static bool refuse(struct gb_api_batched *command, enum gb_api_error error, const char *field,
                   const char *detail)
{
    gb_api_refuse(&command->request, error, field, detail);
    return false;
}

/* Takes a member that a command has only in a batch out of its body. False: it was refused. */
static bool take_text(struct gb_api_batched *command, const char *name, enum gb_api_error missing,
                      const char **ret)
{
    const json_t *value = json_object_get(command->body, name);
    if (value == NULL)
        return refuse(command, missing, name, NULL);
    if (!json_is_string(value))
        return refuse(command, GB_API_FIELD_INVALID, name, "must be a string");
    *ret = gb_arena_strdup(command->batch->arena, json_string_value(value));
    GB_CHECK(*ret != NULL);
    (void)json_object_del(command->body, name);
    return true;
}

static bool read_key(struct gb_api_batched *command)
{
    const char *key;
    if (!take_text(command, "key", GB_API_KEY_MISSING, &key))
        return false;
    if (!gb_key_valid(key))
        return refuse(command, GB_API_KEY_INVALID, "key", NULL);
    command->request.key = key;
    return true;
}

/* A command is read as its route reads it. */
static bool read_kind(struct gb_api_batched *command)
{
    const char *kind;
    if (!take_text(command, "kind", GB_API_FIELD_MISSING, &kind))
        return false;
    for (size_t i = 0; i < gb_api_routes_count; i++) {
        const struct gb_api_route *route = &gb_api_routes[i];
        if (route->kind == 0 || strcmp(gb_operation_kind_name((int)route->kind), kind) != 0)
            continue;
        command->request.route = route;
        return strchr(route->path, '{') == NULL ||
               take_text(command, "hold_id", GB_API_FIELD_MISSING, &command->request.subject);
    }
    return refuse(command, GB_API_FIELD_INVALID, "kind", "a kind of operation: PAYIN, PAYOUT, ...");
}

static void read_head(struct gb_api_batched *command)
{
    if (json_is_object(command->body))
        (void)(read_key(command) && read_kind(command));
    else
        (void)refuse(command, GB_API_FIELD_INVALID, NULL, "must be an object");
}

static int compare_keys(const void *left, const void *right)
{
    const struct gb_api_batched *a = *(struct gb_api_batched *const *)left;
    const struct gb_api_batched *b = *(struct gb_api_batched *const *)right;
    int order = strcmp(a->request.key, b->request.key);
    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

/* A repeat is for an answer that did not come: in the same batch it is a mistake, and which of two
 * kinds would be the first is not known. */
static void refuse_repeats(struct gb_api_client_batch *batch)
{
    struct gb_api_batched **sorted = gb_arena_array(batch->arena, batch->count, sizeof(*sorted));
    size_t n = 0;
    GB_CHECK(sorted != NULL);
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->commands[i].request.key != NULL)
            sorted[n++] = &batch->commands[i];
    }
    qsort(sorted, n, sizeof(struct gb_api_batched *), compare_keys);
    for (size_t i = 1, first = 0; i < n; i++) {
        if (strcmp(sorted[first]->request.key, sorted[i]->request.key) != 0)
            first = i;
        else if (sorted[i]->status == 0)
            (void)refuse(
                sorted[i], GB_API_FIELD_INVALID, "key",
                gb_arena_printf(batch->arena, "commands[%zu] has the same", sorted[first]->index));
    }
}

static struct gb_api_client_batch *batch_new(struct gb_api_request *request, size_t count)
{
    struct gb_arena *arena = gb_arena_new(count * BYTES_PER_COMMAND + BYTES_MORE);
    gb_arena_share(arena);
    struct gb_api_client_batch *batch = gb_arena_alloc(arena, sizeof(*batch));
    GB_CHECK(batch != NULL);
    batch->api = request->api;
    batch->request = request;
    batch->arena = arena;
    batch->count = count;
    batch->commands = gb_arena_array(arena, count, sizeof(*batch->commands));
    GB_CHECK(batch->commands != NULL);
    batch->reading = true;
    atomic_store(&batch->awaited, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct gb_api_batched *command = &batch->commands[i];
        command->batch = batch;
        command->index = i;
        command->request = *request;
        command->request.arena = arena;
        command->request.batched = command;
    }
    return batch;
}

/* An atomic batch is decided now, here, or not at all. */
static void check_atomic(struct gb_api_batched *command)
{
    struct gb_api_command *wanted = &command->request.command;
    wanted->never_waits = true;
    if (wanted->relayed)
        (void)refuse(command, GB_API_WRONG_DATACENTER, "key",
                     gb_arena_printf(command->batch->arena, "the key is owned by %s: send it there",
                                     wanted->owner.code));
    else if (wanted->patient && wanted->deadline_ms > 0)
        (void)refuse(command, GB_API_FIELD_INVALID, "deadline_ms", "an atomic batch does not wait");
}

static struct gb_api_client_batch *read_commands(struct gb_api_request *request, json_t *bodies,
                                                 bool atomic)
{
    struct gb_api_client_batch *batch = batch_new(request, json_array_size(bodies));
    batch->atomic = atomic;
    batch->dry_run = request->command.dry_run;
    for (size_t i = 0; i < batch->count; i++) {
        batch->commands[i].body = json_array_get(bodies, i);
        read_head(&batch->commands[i]);
    }
    refuse_repeats(batch);
    for (size_t i = 0; i < batch->count; i++) {
        struct gb_api_batched *command = &batch->commands[i];
        if (command->status == 0)
            (void)command->request.route->prepare(&command->request);
        if (command->status == 0 && atomic)
            check_atomic(command);
        command->body = NULL;
    }
    batch->reading = false;
    return batch;
}

bool gb_api_read_batch(struct gb_api_request *request, struct gb_api_client_batch **ret)
{
    json_t *body, *commands, *atomic, *dry_run;
    if (!gb_api_read_body(request, &body))
        return false;
    const struct gb_api_member members[] = {
        {"commands", JSON_ARRAY, true, GB_API_FIELD_INVALID, &commands},
        {"atomic", JSON_TRUE, false, GB_API_FIELD_INVALID, &atomic},
        {"dry_run", JSON_TRUE, false, GB_API_FIELD_INVALID, &dry_run},
    };
    bool good = gb_api_read_members(request, body, "", members, 3);
    if (good && (json_array_size(commands) == 0 || json_array_size(commands) > GB_API_BATCH_MAX)) {
        gb_api_refuse(request, GB_API_FIELD_INVALID, "commands", "from 1 to 1000 commands");
        good = false;
    }
    if (good)
        request->command.dry_run = json_is_true(dry_run); /* and so of each of its commands */
    if (good)
        *ret = read_commands(request, commands, json_is_true(atomic));
    json_decref(body);
    return good;
}
