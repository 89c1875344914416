#include "api/refusal_detail.h"

#include <inttypes.h>
#include <string.h>

#include "api/read_body.h"

static bool is_about_money(const char *reason)
{
    enum gb_api_error error = gb_api_error_of(reason);
    return error == GB_API_INSUFFICIENT_FUNDS || error == GB_API_FUNDS_HELD ||
           error == GB_API_FUNDS_UNREACHABLE;
}

/* "dc2, dc3", who did not answer in time; NULL: nobody. */
static const char *silent_peers(const json_t *facts, struct gb_arena *arena)
{
    const json_t *peer;
    size_t i;
    const char *names = NULL;
    json_array_foreach(json_object_get(facts, "peers"), i, peer)
    {
        const char *dc = json_string_value(json_object_get(peer, "dc"));
        if (dc == NULL || !json_is_true(json_object_get(peer, "silent")))
            continue;
        names = gb_arena_printf(arena, "%s%s%s", names == NULL ? "" : names,
                                names == NULL ? "" : ", ", dc);
    }
    return names;
}

/* What the peer was known to have that could give most; NULL: none could give anything. */
static const char *most(const json_t *facts, struct gb_arena *arena)
{
    const char *dc = json_string_value(json_object_get(facts, "most"));
    const json_t *peer;
    size_t i;
    json_array_foreach(json_object_get(facts, "peers"), i, peer)
    {
        const char *code = json_string_value(json_object_get(peer, "dc"));
        if (dc != NULL && code != NULL && strcmp(code, dc) == 0)
            return gb_arena_printf(arena, "%s had most: %" PRId64, dc,
                                   (int64_t)json_integer_value(json_object_get(peer, "known")));
    }
    return NULL;
}

static const char *aborted(const json_t *facts, struct gb_arena *arena)
{
    return gb_arena_printf(arena, "commands[%" PRId64 "] of its batch was refused: %s",
                           (int64_t)json_integer_value(json_object_get(facts, "command")),
                           json_string_value(json_object_get(facts, "reason")));
}

const char *gb_api_refusal_detail(const struct gb_api_command *command, struct gb_arena *arena)
{
    json_t *facts = NULL;
    const char *text = gb_arena_printf(arena, "%s: %s", command->account_id, command->reason);
    bool batch = gb_api_error_of(command->reason) == GB_API_BATCH_ABORTED;
    if (command->facts == NULL || !(batch || is_about_money(command->reason)))
        return text;
    const struct gb_bytes stored = {command->facts, strlen(command->facts)};
    if (gb_api_json_parse(stored, arena, &facts) != NULL)
        return text;
    if (batch) {
        text = aborted(facts, arena);
        json_decref(facts);
        return text;
    }
    const char *silent = silent_peers(facts, arena), *best = most(facts, arena);
    text = gb_arena_printf(arena, "%s; %" PRId64 " available here%s%s%s%s", text,
                           (int64_t)json_integer_value(json_object_get(facts, "available")),
                           silent == NULL ? "" : "; no answer from ", silent == NULL ? "" : silent,
                           best == NULL ? "" : "; ", best == NULL ? "" : best);
    json_decref(facts);
    return text;
}
