#include "engine/work.h"

#include "db/sql.h"

struct gb_params *gb_writing_add(struct gb_writing *writing, const struct gb_statement *statement)
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

/* Where an entry comes from; null where it has no operation. */
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

/* `operation` NULL: none. */
static void origin_columns_set(struct origin_columns *columns, size_t i,
                               const struct gb_work_operation *operation)
{
    columns->span_null[i] = operation == NULL || operation->trace.span_id == 0;
    columns->client_null[i] = operation == NULL;
    if (operation == NULL)
        return;
    columns->span_id[i] = operation->trace.span_id;
    columns->client_no[i] = operation->client_no.value;
    columns->trace_id[i] = operation->trace.trace_id;
    columns->key[i] = operation->key;
    columns->reference[i] = operation->request.reference;
}

/* The link of an entry that moved share; null where none did. */
struct moved_columns {
    const char **peer;
    int64_t *out_total, *in_total;
    bool *null;
};

static struct moved_columns moved_columns_new(struct gb_arena *arena, size_t n)
{
    return (struct moved_columns){
        .peer = gb_work_array(arena, n, sizeof(char *)),
        .out_total = gb_work_array(arena, n, sizeof(int64_t)),
        .in_total = gb_work_array(arena, n, sizeof(int64_t)),
        .null = gb_work_array(arena, n, sizeof(bool)),
    };
}

static void moved_columns_set(struct moved_columns *columns, size_t i,
                              const struct gb_effect_entry *entry)
{
    columns->null[i] = entry->peer.code[0] == '\0';
    columns->peer[i] = columns->null[i] ? NULL : entry->peer.code;
    columns->out_total[i] = entry->link_out_total;
    columns->in_total[i] = entry->link_in_total;
}

static void add_ledger_insert(struct gb_writing *writing)
{
    const struct gb_work *work = writing->work;
    const struct gb_effects *effects = &work->books.effects;
    size_t n = effects->entries_count;
    struct share_columns after = share_columns_new(work->arena, n);
    struct origin_columns origin = origin_columns_new(work->arena, n);
    struct moved_columns moved = moved_columns_new(work->arena, n);
    int16_t *kinds = gb_work_array(work->arena, n, sizeof(*kinds));
    int64_t *amounts = gb_work_array(work->arena, n, sizeof(*amounts));
    for (size_t i = 0; i < n; i++) {
        const struct gb_effect_entry *entry = &effects->entries[i];
        bool has_operation = entry->operation != GB_NO_OPERATION;
        share_columns_set(&after, i, work->books.accounts[entry->account].no, &entry->entry.after);
        origin_columns_set(&origin, i, has_operation ? &work->operations[entry->operation] : NULL);
        moved_columns_set(&moved, i, entry);
        kinds[i] = (int16_t)entry->entry.kind;
        amounts[i] = entry->entry.amount;
    }
    struct gb_params *params = gb_writing_add(writing, &gb_sql_ledger_insert);
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
    gb_params_text_array(params, moved.peer, n);
    gb_params_int8_array(params, moved.out_total, moved.null, n);
    gb_params_int8_array(params, moved.in_total, moved.null, n);
    gb_params_int4(params, work->epoch);
}

static void add_share_update(struct gb_writing *writing)
{
    const struct gb_work *work = writing->work;
    struct share_columns after = share_columns_new(work->arena, work->shares_count);
    bool *engaged = gb_work_array(work->arena, work->shares_count, sizeof(*engaged));
    size_t n = 0;
    for (size_t i = 0; i < work->shares_count; i++) {
        const struct gb_account *account = &work->books.accounts[i];
        bool engages = gb_work_engages(account);
        if (!account->changed && engages == work->shares[i].engaged)
            continue;
        engaged[n] = engages;
        share_columns_set(&after, n++, account->no, &account->share);
    }
    if (n == 0)
        return;
    struct gb_params *params = gb_writing_add(writing, &gb_sql_share_update);
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
    gb_params_bool_array(params, engaged, n);
}

/* Pay-ins that came from the list of overdue ones and are decided now leave it; those that do not
 * fit go in. */
static void add_overdue(struct gb_writing *writing, bool leave)
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
        gb_writing_add(writing, leave ? &gb_sql_overdue_delete : &gb_sql_overdue_insert);
    gb_params_int4_array(params, clients, NULL, n);
    gb_params_text_array(params, keys, n);
    gb_params_text_array(params, asked_by, n);
    if (leave)
        return;
    gb_params_int8_array(params, accounts, NULL, n);
    gb_params_int8(params, work->now_us);
}

/* A closing that money voided has to be confirmed anew. */
static void add_status_pending(struct gb_writing *writing)
{
    const struct gb_work *work = writing->work;
    int64_t *accounts = gb_work_array(work->arena, work->shares_count, sizeof(*accounts));
    size_t n = 0;
    for (size_t i = 0; i < work->shares_count; i++) {
        if (work->voided[i])
            accounts[n++] = work->shares[i].account_no.value;
    }
    if (n == 0)
        return;
    struct gb_params *params = gb_writing_add(writing, &gb_sql_status_pending_insert);
    gb_params_int8_array(params, accounts, NULL, n);
    gb_params_int8(params, work->now_us);
}

size_t gb_work_write(const struct gb_work *work, struct gb_call calls[GB_ENGINE_CALLS_MAX])
{
    struct gb_writing writing = {.work = work, .calls = calls};
    gb_write_operations(&writing);
    gb_write_holds(&writing);
    if (work->books.effects.entries_count > 0)
        add_ledger_insert(&writing);
    add_share_update(&writing);
    gb_write_links(&writing);
    gb_write_outbox(&writing);
    add_overdue(&writing, false);
    add_overdue(&writing, true);
    add_status_pending(&writing);
    if (work->notify)
        (void)gb_writing_add(&writing, &gb_sql_decided_notify);
    return writing.count;
}
