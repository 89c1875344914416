#include "db/sql.h"
#include "engine/work.h"

static void add_operation_book(struct gb_writing *writing)
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
    struct gb_params *params = gb_writing_add(writing, &gb_sql_operation_book);
    gb_params_int4_array(params, clients, NULL, n);
    gb_params_text_array(params, keys, n);
    gb_params_int8(params, work->now_us);
}

struct made_columns {
    int32_t *client_no;
    const char **key, **relayed_from, **reference, **metadata, **reason, **facts, **service,
        **original_key;
    int16_t *kind, *state;
    int64_t *account_no, *amount, *created_at_us, *decided_at_us, *deadline_us, *span_id;
    int64_t *payee_no, *expires_at_us, *price_version;
    bool *undecided, *never_waits, *awaited, *span_null, *payee_null, *never_expires, *priceless;
    struct gb_uuid *trace_id, *hold_id;
};

static struct made_columns made_columns_new(struct gb_arena *arena, size_t n)
{
    int64_t *numbers = gb_work_array(arena, 9 * n, sizeof(*numbers));
    int16_t *small = gb_work_array(arena, 2 * n, sizeof(*small));
    const char **texts = gb_work_array(arena, 8 * n, sizeof(*texts));
    bool *truths = gb_work_array(arena, 7 * n, sizeof(*truths));
    return (struct made_columns){
        .client_no = gb_work_array(arena, n, sizeof(int32_t)),
        .key = texts,
        .relayed_from = texts + n,
        .reference = texts + 2 * n,
        .metadata = texts + 3 * n,
        .reason = texts + 4 * n,
        .facts = texts + 5 * n,
        .service = texts + 6 * n,
        .original_key = texts + 7 * n,
        .kind = small,
        .state = small + n,
        .account_no = numbers,
        .amount = numbers + n,
        .created_at_us = numbers + 2 * n,
        .decided_at_us = numbers + 3 * n,
        .deadline_us = numbers + 4 * n,
        .span_id = numbers + 5 * n,
        .undecided = truths,
        .never_waits = truths + n,
        .awaited = truths + 2 * n,
        .span_null = truths + 3 * n,
        .payee_null = truths + 4 * n,
        .never_expires = truths + 5 * n,
        .priceless = truths + 6 * n,
        .payee_no = numbers + 6 * n,
        .expires_at_us = numbers + 7 * n,
        .price_version = numbers + 8 * n,
        .trace_id = gb_work_array(arena, n, sizeof(struct gb_uuid)),
        .hold_id = gb_work_array(arena, n, sizeof(struct gb_uuid)),
    };
}

static void made_columns_set(struct made_columns *columns, size_t i, const struct gb_work *work,
                             const struct gb_work_operation *operation)
{
    const struct gb_command *command = operation->inserted_by;
    bool relayed = !gb_dc_equal(command->accepted_by, work->dc);
    columns->client_no[i] = operation->client_no.value;
    columns->key[i] = operation->key;
    columns->relayed_from[i] = relayed ? command->accepted_by.code : NULL;
    columns->reference[i] = command->reference;
    columns->metadata[i] = command->metadata;
    columns->reason[i] = operation->reason;
    columns->facts[i] = operation->facts;
    columns->kind[i] = (int16_t)operation->request.kind;
    columns->state[i] = (int16_t)operation->state;
    columns->account_no[i] = command->account_no.value;
    columns->amount[i] = operation->amount;
    columns->created_at_us[i] = command->accepted_at_us;
    columns->decided_at_us[i] = operation->decided_at_us;
    columns->deadline_us[i] = operation->deadline_us;
    columns->undecided[i] = operation->decided_at_us == 0;
    columns->never_waits[i] = operation->deadline_us == 0;
    columns->awaited[i] = operation->awaited;
    columns->span_id[i] = command->trace.span_id;
    columns->span_null[i] = command->trace.span_id == 0;
    columns->trace_id[i] = command->trace.trace_id;
    columns->payee_no[i] = operation->request.payee_no.value;
    columns->payee_null[i] = operation->request.payee_no.value == 0;
    columns->expires_at_us[i] = operation->expires_at_us;
    columns->never_expires[i] = operation->expires_at_us == 0;
    columns->hold_id[i] = operation->hold_id;
    columns->service[i] = operation->request.service_id;
    columns->original_key[i] = operation->request.original_key;
    columns->price_version[i] = operation->price_version;
    columns->priceless[i] = operation->price_version == 0;
}

static void add_operation_insert(struct gb_writing *writing)
{
    const struct gb_work *work = writing->work;
    struct made_columns columns = made_columns_new(work->arena, work->operations_count);
    size_t n = 0;
    for (size_t i = 0; i < work->operations_count; i++) {
        if (work->operations[i].inserted_by != NULL)
            made_columns_set(&columns, n++, work, &work->operations[i]);
    }
    if (n == 0)
        return;
    struct gb_params *params = gb_writing_add(writing, &gb_sql_operation_insert);
    gb_params_int4_array(params, columns.client_no, NULL, n);
    gb_params_text_array(params, columns.key, n);
    gb_params_int2_array(params, columns.kind, NULL, n);
    gb_params_int2_array(params, columns.state, NULL, n);
    gb_params_int8_array(params, columns.account_no, NULL, n);
    gb_params_int8_array(params, columns.amount, NULL, n);
    gb_params_int8_array(params, columns.created_at_us, NULL, n);
    gb_params_int8_array(params, columns.decided_at_us, columns.undecided, n);
    gb_params_int8_array(params, columns.deadline_us, columns.never_waits, n);
    gb_params_bool_array(params, columns.awaited, n);
    gb_params_uuid_array(params, columns.trace_id, n);
    gb_params_int8_array(params, columns.span_id, columns.span_null, n);
    gb_params_text_array(params, columns.relayed_from, n);
    gb_params_text_array(params, columns.reference, n);
    gb_params_text_array(params, columns.metadata, n);
    gb_params_text_array(params, columns.reason, n);
    gb_params_text_array(params, columns.facts, n);
    gb_params_int8_array(params, columns.payee_no, columns.payee_null, n);
    gb_params_uuid_array(params, columns.hold_id, n);
    gb_params_int8_array(params, columns.expires_at_us, columns.never_expires, n);
    gb_params_text_array(params, columns.service, n);
    gb_params_int8_array(params, columns.price_version, columns.priceless, n);
    gb_params_text_array(params, columns.original_key, n);
    gb_params_int4(params, work->epoch);
    gb_params_uuid(params, &work->batch_id);
}

/* Who waited, and does not any more. */
static void add_decided(struct gb_writing *writing)
{
    const struct gb_work *work = writing->work;
    size_t max = work->operations_all, n = 0;
    int64_t *accounts = gb_work_array(work->arena, max, sizeof(*accounts));
    int32_t *clients = gb_work_array(work->arena, max, sizeof(*clients));
    int16_t *states = gb_work_array(work->arena, max, sizeof(*states));
    const char **texts = gb_work_array(work->arena, 3 * max, sizeof(*texts));
    const char **keys = texts, **reasons = texts + max, **facts = texts + 2 * max;
    for (size_t i = 0; i < max; i++) {
        const struct gb_work_operation *operation = &work->operations[i];
        if (!operation->decided)
            continue;
        accounts[n] = operation->request.account_no.value;
        clients[n] = operation->client_no.value;
        states[n] = (int16_t)operation->state;
        keys[n] = operation->key;
        reasons[n] = operation->reason;
        facts[n++] = operation->facts;
    }
    if (n == 0)
        return;
    struct gb_params *params = gb_writing_add(writing, &gb_sql_operation_decide);
    gb_params_int4_array(params, clients, NULL, n);
    gb_params_text_array(params, keys, n);
    gb_params_int2_array(params, states, NULL, n);
    gb_params_text_array(params, reasons, n);
    gb_params_text_array(params, facts, n);
    gb_params_int8(params, work->now_us);
    params = gb_writing_add(writing, &gb_sql_waiting_delete);
    gb_params_int8_array(params, accounts, NULL, n);
    gb_params_int4_array(params, clients, NULL, n);
    gb_params_text_array(params, keys, n);
}

/* What more was given back of what was paid; of what is paid in this batch, too. */
static void add_refunded(struct gb_writing *writing)
{
    const struct gb_work *work = writing->work;
    size_t max = work->operations_count, n = 0;
    int32_t *clients = gb_work_array(work->arena, max, sizeof(*clients));
    const char **keys = gb_work_array(work->arena, max, sizeof(*keys));
    int64_t *refunded = gb_work_array(work->arena, max, sizeof(*refunded));
    for (size_t i = 0; i < max; i++) {
        const struct gb_work_operation *operation = &work->operations[i];
        if (!operation->gives_back)
            continue;
        clients[n] = operation->client_no.value;
        keys[n] = operation->key;
        refunded[n++] = operation->refunded;
    }
    if (n == 0)
        return;
    struct gb_params *params = gb_writing_add(writing, &gb_sql_operation_refund);
    gb_params_int4_array(params, clients, NULL, n);
    gb_params_text_array(params, keys, n);
    gb_params_int8_array(params, refunded, NULL, n);
}

/* Who waits from now on: those that this batch makes, and that are left in the books. */
static void add_waiting_insert(struct gb_writing *writing)
{
    const struct gb_work *work = writing->work;
    size_t max = work->operations_count, n = 0;
    int64_t *numbers = gb_work_array(work->arena, 4 * max, sizeof(*numbers));
    int64_t *accounts = numbers, *clocks = numbers + max, *seqs = numbers + 2 * max,
            *deadlines = numbers + 3 * max;
    int32_t *clients = gb_work_array(work->arena, max, sizeof(*clients));
    const char **keys = gb_work_array(work->arena, max, sizeof(*keys));
    bool *impatient = gb_work_array(work->arena, max, sizeof(*impatient));
    for (size_t i = 0; i < work->books.accounts_count; i++) {
        const struct gb_account *account = &work->books.accounts[i];
        for (size_t k = 0; k < account->waiters_count; k++) {
            const struct gb_waiter *waiter = &account->waiters[k];
            const struct gb_work_operation *operation = &work->operations[waiter->operation];
            if (operation->inserted_by == NULL)
                continue;
            accounts[n] = account->no.value;
            clocks[n] = waiter->clock_us;
            seqs[n] = waiter->after_seq;
            deadlines[n] = waiter->deadline_us;
            clients[n] = operation->client_no.value;
            keys[n] = operation->key;
            impatient[n++] = waiter->impatient;
        }
    }
    if (n == 0)
        return;
    struct gb_params *params = gb_writing_add(writing, &gb_sql_waiting_insert);
    gb_params_int8_array(params, accounts, NULL, n);
    gb_params_int4_array(params, clients, NULL, n);
    gb_params_text_array(params, keys, n);
    gb_params_int8_array(params, clocks, NULL, n);
    gb_params_int8_array(params, seqs, NULL, n);
    gb_params_int8_array(params, deadlines, NULL, n);
    gb_params_bool_array(params, impatient, n);
}

/* Whether the money was there is told later. */
static void add_denials(struct gb_writing *writing)
{
    const struct gb_work *work = writing->work;
    size_t max = work->operations_all, n = 0;
    int32_t *clients = gb_work_array(work->arena, max, sizeof(*clients));
    const char **keys = gb_work_array(work->arena, max, sizeof(*keys));
    for (size_t i = 0; i < max; i++) {
        const struct gb_work_operation *operation = &work->operations[i];
        if (!operation->denied)
            continue;
        clients[n] = operation->client_no.value;
        keys[n++] = operation->key;
    }
    if (n == 0)
        return;
    struct gb_params *params = gb_writing_add(writing, &gb_sql_denial_insert);
    gb_params_int4_array(params, clients, NULL, n);
    gb_params_text_array(params, keys, n);
    gb_params_int8(params, work->now_us);
}

void gb_write_operations(struct gb_writing *writing)
{
    add_operation_insert(writing);
    add_operation_book(writing);
    add_decided(writing);
    add_refunded(writing);
    add_waiting_insert(writing);
    add_denials(writing);
}
