#include "engine/work.h"

#include "db/sql.h"
#include "wire/envelope.h"

/* The calls of the second round trip, as they are put together. */
struct writing {
    const struct gb_work *work;
    struct gb_call *calls;
    size_t count;
};

static struct gb_params *add_call(struct writing *writing, const struct gb_statement *statement)
{
    GB_CHECK(writing->count < GB_ENGINE_CALLS_MAX);
    struct gb_call *call = &writing->calls[writing->count++];
    gb_call_init(call, statement, writing->work->arena);
    return &call->params;
}

/* Arrays of what entries and shares have in common, one value a row. */
struct share_columns {
    int64_t *account_no, *balance, *held, *version, *credits_total, *debits_total, *out_total,
        *in_total, *account_version, *updated_at_us;
    int16_t *status;
};

static struct share_columns share_columns_new(struct gb_arena *arena, size_t n)
{
    int64_t *numbers = gb_work_array(arena, 10 * n, sizeof(*numbers));
    return (struct share_columns){
        .account_no = numbers,
        .balance = numbers + n,
        .held = numbers + 2 * n,
        .version = numbers + 3 * n,
        .credits_total = numbers + 4 * n,
        .debits_total = numbers + 5 * n,
        .out_total = numbers + 6 * n,
        .in_total = numbers + 7 * n,
        .account_version = numbers + 8 * n,
        .updated_at_us = numbers + 9 * n,
        .status = gb_work_array(arena, n, sizeof(int16_t)),
    };
}

static void share_columns_set(struct share_columns *columns, size_t i,
                              struct gb_account_no account_no, const struct gb_share *share)
{
    columns->account_no[i] = account_no.value;
    columns->balance[i] = share->balance;
    columns->held[i] = share->held;
    columns->version[i] = share->version;
    columns->credits_total[i] = share->credits_total;
    columns->debits_total[i] = share->debits_total;
    columns->out_total[i] = share->out_total;
    columns->in_total[i] = share->in_total;
    columns->account_version[i] = share->account_version;
    columns->updated_at_us[i] = share->updated_at_us;
    columns->status[i] = (int16_t)share->status;
}

/* Where an entry comes from; null where it has no command. */
struct origin_columns {
    int64_t *span_id;
    bool *span_null;
    int32_t *client_no;
    bool *client_null;
    struct gb_uuid *trace_id;
    const char **key, **reference;
};

static struct origin_columns origin_columns_new(struct gb_arena *arena, size_t n)
{
    return (struct origin_columns){
        .span_id = gb_work_array(arena, n, sizeof(int64_t)),
        .span_null = gb_work_array(arena, n, sizeof(bool)),
        .client_no = gb_work_array(arena, n, sizeof(int32_t)),
        .client_null = gb_work_array(arena, n, sizeof(bool)),
        .trace_id = gb_work_array(arena, n, sizeof(struct gb_uuid)),
        .key = gb_work_array(arena, n, sizeof(char *)),
        .reference = gb_work_array(arena, n, sizeof(char *)),
    };
}

static void origin_columns_set(struct origin_columns *columns, size_t i,
                               const struct gb_command *command)
{
    columns->span_null[i] = command == NULL || command->trace.span_id == 0;
    columns->client_null[i] = command == NULL;
    if (command == NULL)
        return;
    columns->span_id[i] = command->trace.span_id;
    columns->client_no[i] = command->client_no.value;
    columns->trace_id[i] = command->trace.trace_id;
    columns->key[i] = command->key;
    columns->reference[i] = command->reference;
}

static void add_ledger_insert(struct writing *writing)
{
    const struct gb_work *work = writing->work;
    size_t n = work->entries_count;
    struct share_columns after = share_columns_new(work->arena, n);
    struct origin_columns origin = origin_columns_new(work->arena, n);
    int16_t *kinds = gb_work_array(work->arena, n, sizeof(*kinds));
    int64_t *amounts = gb_work_array(work->arena, n, sizeof(*amounts));
    for (size_t i = 0; i < n; i++) {
        const struct gb_work_entry *entry = &work->entries[i];
        share_columns_set(&after, i, entry->share->account_no, &entry->entry.after);
        origin_columns_set(&origin, i, entry->command);
        kinds[i] = (int16_t)entry->entry.kind;
        amounts[i] = entry->entry.amount;
    }
    struct gb_params *params = add_call(writing, &gb_sql_ledger_insert);
    gb_params_int8_array(params, after.account_no, NULL, n);
    gb_params_int8_array(params, after.version, NULL, n);
    gb_params_int2_array(params, kinds, NULL, n);
    gb_params_int2_array(params, after.status, NULL, n);
    gb_params_int8_array(params, amounts, NULL, n);
    gb_params_int8_array(params, after.balance, NULL, n);
    gb_params_int8_array(params, after.held, NULL, n);
    gb_params_int8_array(params, after.credits_total, NULL, n);
    gb_params_int8_array(params, after.debits_total, NULL, n);
    gb_params_int8_array(params, after.out_total, NULL, n);
    gb_params_int8_array(params, after.in_total, NULL, n);
    gb_params_int8_array(params, after.account_version, NULL, n);
    gb_params_int8_array(params, after.updated_at_us, NULL, n);
    gb_params_int8_array(params, origin.span_id, origin.span_null, n);
    gb_params_int4_array(params, origin.client_no, origin.client_null, n);
    gb_params_uuid_array(params, origin.trace_id, n);
    gb_params_text_array(params, origin.key, n);
    gb_params_text_array(params, origin.reference, n);
    gb_params_int4(params, work->epoch);
}

static void add_share_update(struct writing *writing)
{
    const struct gb_work *work = writing->work;
    struct share_columns after = share_columns_new(work->arena, work->shares_count);
    size_t n = 0;
    for (size_t i = 0; i < work->shares_count; i++) {
        const struct gb_work_share *share = &work->shares[i];
        if (share->changed)
            share_columns_set(&after, n++, share->account_no, &share->share);
    }
    struct gb_params *params = add_call(writing, &gb_sql_share_update);
    gb_params_int8_array(params, after.account_no, NULL, n);
    gb_params_int8_array(params, after.balance, NULL, n);
    gb_params_int8_array(params, after.held, NULL, n);
    gb_params_int8_array(params, after.version, NULL, n);
    gb_params_int8_array(params, after.credits_total, NULL, n);
    gb_params_int8_array(params, after.debits_total, NULL, n);
    gb_params_int8_array(params, after.out_total, NULL, n);
    gb_params_int8_array(params, after.in_total, NULL, n);
    gb_params_int2_array(params, after.status, NULL, n);
    gb_params_int8_array(params, after.account_version, NULL, n);
    gb_params_int8_array(params, after.updated_at_us, NULL, n);
}

static void add_operation_book(struct writing *writing)
{
    const struct gb_work *work = writing->work;
    int32_t *clients = gb_work_array(work->arena, work->operations_count, sizeof(*clients));
    const char **keys = gb_work_array(work->arena, work->operations_count, sizeof(*keys));
    size_t n = 0;
    for (size_t i = 0; i < work->operations_count; i++) {
        const struct gb_work_operation *operation = &work->operations[i];
        if (!operation->booked)
            continue;
        clients[n] = operation->client_no.value;
        keys[n++] = operation->key;
    }
    if (n == 0)
        return;
    struct gb_params *params = add_call(writing, &gb_sql_operation_book);
    gb_params_int4_array(params, clients, NULL, n);
    gb_params_text_array(params, keys, n);
    gb_params_int8(params, work->now_us);
}

struct relayed_columns {
    int32_t *client_no;
    const char **key, **relayed_from, **reference, **metadata;
    int16_t *state;
    int64_t *account_no, *amount, *created_at_us, *decided_at_us, *span_id;
    bool *undecided, *span_null;
    struct gb_uuid *trace_id;
};

static struct relayed_columns relayed_columns_new(struct gb_arena *arena, size_t n)
{
    int64_t *numbers = gb_work_array(arena, 5 * n, sizeof(*numbers));
    const char **texts = gb_work_array(arena, 4 * n, sizeof(*texts));
    bool *nulls = gb_work_array(arena, 2 * n, sizeof(*nulls));
    return (struct relayed_columns){
        .client_no = gb_work_array(arena, n, sizeof(int32_t)),
        .key = texts,
        .relayed_from = texts + n,
        .reference = texts + 2 * n,
        .metadata = texts + 3 * n,
        .state = gb_work_array(arena, n, sizeof(int16_t)),
        .account_no = numbers,
        .amount = numbers + n,
        .created_at_us = numbers + 2 * n,
        .decided_at_us = numbers + 3 * n,
        .span_id = numbers + 4 * n,
        .undecided = nulls,
        .span_null = nulls + n,
        .trace_id = gb_work_array(arena, n, sizeof(struct gb_uuid)),
    };
}

static void relayed_columns_set(struct relayed_columns *columns, size_t i,
                                const struct gb_work_operation *operation)
{
    const struct gb_command *command = operation->inserted_by;
    columns->client_no[i] = operation->client_no.value;
    columns->key[i] = operation->key;
    columns->relayed_from[i] = command->accepted_by.code;
    columns->reference[i] = command->reference;
    columns->metadata[i] = command->metadata;
    columns->state[i] = (int16_t)operation->state;
    columns->account_no[i] = command->account_no.value;
    columns->amount[i] = command->amount;
    columns->created_at_us[i] = command->accepted_at_us;
    columns->decided_at_us[i] = operation->decided_at_us;
    columns->undecided[i] = operation->state == GB_STATE_ACCEPTED;
    columns->span_id[i] = command->trace.span_id;
    columns->span_null[i] = command->trace.span_id == 0;
    columns->trace_id[i] = command->trace.trace_id;
}

static void add_operation_insert(struct writing *writing)
{
    const struct gb_work *work = writing->work;
    struct relayed_columns columns = relayed_columns_new(work->arena, work->operations_count);
    size_t n = 0;
    for (size_t i = 0; i < work->operations_count; i++) {
        if (work->operations[i].inserted_by != NULL)
            relayed_columns_set(&columns, n++, &work->operations[i]);
    }
    if (n == 0)
        return;
    struct gb_params *params = add_call(writing, &gb_sql_operation_insert_relayed);
    gb_params_int4_array(params, columns.client_no, NULL, n);
    gb_params_text_array(params, columns.key, n);
    gb_params_int2_array(params, columns.state, NULL, n);
    gb_params_int8_array(params, columns.account_no, NULL, n);
    gb_params_int8_array(params, columns.amount, NULL, n);
    gb_params_int8_array(params, columns.created_at_us, NULL, n);
    gb_params_int8_array(params, columns.decided_at_us, columns.undecided, n);
    gb_params_uuid_array(params, columns.trace_id, n);
    gb_params_int8_array(params, columns.span_id, columns.span_null, n);
    gb_params_text_array(params, columns.relayed_from, n);
    gb_params_text_array(params, columns.reference, n);
    gb_params_text_array(params, columns.metadata, n);
    gb_params_int4(params, work->epoch);
}

static void add_outbox_insert(struct writing *writing)
{
    const struct gb_work *work = writing->work;
    size_t n = work->results_count;
    const char **texts = gb_work_array(work->arena, 3 * n, sizeof(*texts));
    struct gb_uuid *ids = gb_work_array(work->arena, 2 * n, sizeof(*ids));
    struct gb_bytes *payloads = gb_work_array(work->arena, n, sizeof(*payloads));
    int64_t *spans = gb_work_array(work->arena, n, sizeof(*spans));
    bool *span_nulls = gb_work_array(work->arena, n, sizeof(*span_nulls));
    for (size_t i = 0; i < n; i++) {
        const struct gb_command *command = work->results[i].command;
        const char *dc = command->accepted_by.code;
        texts[i] = dc;
        texts[n + i] = gb_arena_printf(work->arena, "geobill.%s.reserve-reply.v1", dc);
        texts[2 * n + i] = command->account_id;
        ids[i] = gb_uuid_v7();
        ids[n + i] = command->trace.trace_id;
        payloads[i] = work->results[i].framed;
        spans[i] = command->trace.span_id;
        span_nulls[i] = command->trace.span_id == 0;
    }
    struct gb_params *params = add_call(writing, &gb_sql_outbox_insert);
    gb_params_text_array(params, texts, n);
    gb_params_text_array(params, texts + n, n);
    gb_params_uuid_array(params, ids, n);
    gb_params_text_array(params, texts + 2 * n, n);
    gb_params_bytea_array(params, payloads, n);
    gb_params_uuid_array(params, ids + n, n);
    gb_params_int8_array(params, spans, span_nulls, n);
    gb_params_text(params, "operation");
    gb_params_text(params, gb_message_type(GB_MESSAGE_RESULT));
    gb_params_int8(params, work->now_us);
    gb_params_int4(params, work->epoch);
}

/* Pay-ins that came from the list of overdue ones and are decided now leave it; those that do not
 * fit go in. */
static void add_overdue(struct writing *writing, bool leave)
{
    const struct gb_work *work = writing->work;
    int32_t *clients = gb_work_array(work->arena, work->count, sizeof(*clients));
    const char **keys = gb_work_array(work->arena, work->count, sizeof(*keys));
    const char **asked_by = gb_work_array(work->arena, work->count, sizeof(*asked_by));
    int64_t *accounts = gb_work_array(work->arena, work->count, sizeof(*accounts));
    size_t n = 0;
    for (size_t i = 0; i < work->count; i++) {
        const struct gb_command *command = &work->commands[i];
        bool overdue = command->outcome == GB_OUTCOME_OVERDUE;
        if (leave ? !command->overdue || overdue : !overdue)
            continue;
        clients[n] = command->client_no.value;
        keys[n] = command->key;
        asked_by[n] = command->accepted_by.code;
        accounts[n++] = command->account_no.value;
    }
    if (n == 0)
        return;
    struct gb_params *params =
        add_call(writing, leave ? &gb_sql_overdue_delete : &gb_sql_overdue_insert);
    gb_params_int4_array(params, clients, NULL, n);
    gb_params_text_array(params, keys, n);
    gb_params_text_array(params, asked_by, n);
    if (leave)
        return;
    gb_params_int8_array(params, accounts, NULL, n);
    gb_params_int8(params, work->now_us);
}

/* A closing that money voided has to be confirmed anew. */
static void add_status_pending(struct writing *writing)
{
    const struct gb_work *work = writing->work;
    int64_t *accounts = gb_work_array(work->arena, work->shares_count, sizeof(*accounts));
    size_t n = 0;
    for (size_t i = 0; i < work->shares_count; i++) {
        if (work->shares[i].voided)
            accounts[n++] = work->shares[i].account_no.value;
    }
    if (n == 0)
        return;
    struct gb_params *params = add_call(writing, &gb_sql_status_pending_insert);
    gb_params_int8_array(params, accounts, NULL, n);
    gb_params_int8(params, work->now_us);
}

size_t gb_work_write(const struct gb_work *work, struct gb_call calls[GB_ENGINE_CALLS_MAX])
{
    struct writing writing = {.work = work, .calls = calls};
    add_operation_insert(&writing);
    add_operation_book(&writing);
    if (work->entries_count > 0) {
        add_ledger_insert(&writing);
        add_share_update(&writing);
    }
    if (work->results_count > 0)
        add_outbox_insert(&writing);
    add_overdue(&writing, false);
    add_overdue(&writing, true);
    add_status_pending(&writing);
    if (work->notify)
        (void)add_call(&writing, &gb_sql_decided_notify);
    return writing.count;
}
