#include "consumer/close_relays.h"

#include <string.h>

#include "db/sql.h"

void gb_close_relays_find(const struct gb_result_item *results, size_t count,
                          struct gb_arena *arena, struct gb_call *ret_call)
{
    int32_t *clients = gb_arena_need_array(arena, count, sizeof(*clients));
    const char **keys = gb_arena_need_array(arena, count, sizeof(*keys));
    for (size_t i = 0; i < count; i++) {
        clients[i] = results[i].message.client_no.value;
        keys[i] = results[i].message.key;
    }
    gb_call_init(ret_call, &gb_sql_relay_find, arena);
    gb_params_int4_array(&ret_call->params, clients, NULL, count);
    gb_params_text_array(&ret_call->params, keys, count);
}

/* What was relayed, as the row says. */
struct relayed {
    bool there;
    struct gb_dc owner;
    int64_t account_no;
    enum gb_operation_state state;
};

static void read_rows(const struct gb_rows *rows, struct relayed *relayed, size_t count)
{
    for (size_t i = 0; i < gb_rows_count(rows); i++) {
        int64_t place = gb_rows_int(rows, i, 0);
        GB_CHECK(place >= 1 && (size_t)place <= count);
        struct relayed *row = &relayed[place - 1];
        row->there = true;
        GB_CHECK(gb_dc_parse(gb_rows_text(rows, i, 1), &row->owner));
        row->account_no = gb_rows_int(rows, i, 2);
        row->state = (enum gb_operation_state)gb_rows_int(rows, i, 3);
    }
}

/* Why the result cannot be of this relayed command; NULL when it can. */
static const char *contradiction(const struct gb_message_result *message,
                                 const struct relayed *relayed)
{
    if (!gb_dc_equal(message->account.dc, relayed->owner))
        return "it does not come from the owner of the key";
    if (message->account.account_no.value != relayed->account_no)
        return "another account was relayed";
    if (message->state != GB_STATE_BOOKED && message->state != GB_STATE_REFUSED)
        return "a result is BOOKED or REFUSED";
    if (relayed->state != GB_STATE_ACCEPTED && relayed->state != message->state)
        return "an earlier result says otherwise";
    return NULL;
}

/* True when it closes the command now; false for a repeat and for a dead letter. */
static bool judge(struct gb_result_item *result, const struct relayed *relayed)
{
    struct gb_err err;
    if (!relayed->there) {
        (void)gb_err_set(&err, GB_POISON, "RELAY_UNKNOWN", "nothing was relayed under this key");
        gb_item_dead(result->item, "apply", &err);
        return false;
    }
    const char *why = contradiction(&result->message, relayed);
    if (why != NULL) {
        (void)gb_err_set(&err, GB_POISON, "RESULT_CONTRADICTED", "%s", why);
        gb_item_dead(result->item, "apply", &err);
        return false;
    }
    return relayed->state == GB_STATE_ACCEPTED;
}

size_t gb_close_relays(struct gb_batch *batch, struct gb_result_item *results, size_t count,
                       const struct gb_rows *found)
{
    struct relayed *relayed = gb_arena_need_array(batch->arena, count, sizeof(*relayed));
    int32_t *clients = gb_arena_need_array(batch->arena, count, sizeof(*clients));
    const char **texts = gb_arena_need_array(batch->arena, 2 * count, sizeof(*texts));
    int16_t *states = gb_arena_need_array(batch->arena, count, sizeof(*states));
    int64_t *decided_at_us = gb_arena_need_array(batch->arena, count, sizeof(*decided_at_us));
    read_rows(found, relayed, count);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        const struct gb_message_result *message = &results[i].message;
        if (!judge(&results[i], &relayed[i]))
            continue;
        clients[n] = message->client_no.value;
        texts[n] = message->key;
        texts[count + n] = message->reason;
        states[n] = (int16_t)message->state;
        decided_at_us[n++] = message->decided_at_us;
    }
    if (n == 0)
        return 0;
    struct gb_params *params = &gb_batch_call(batch, &gb_sql_relay_close)->params;
    gb_params_int4_array(params, clients, NULL, n);
    gb_params_text_array(params, texts, n);
    gb_params_int2_array(params, states, NULL, n);
    gb_params_text_array(params, texts + count, n);
    gb_params_int8_array(params, decided_at_us, NULL, n);
    (void)gb_batch_call(batch, &gb_sql_decided_notify);
    return n;
}
