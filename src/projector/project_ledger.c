#include <stdlib.h>
#include <string.h>

#include "db/sql.h"
#include "projector/projection.h"

static const struct gb_message_ledger_entry *entry_of(const struct gb_item *item)
{
    return item->user;
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* By account, then version, then as they came. */
static int by_account_and_version(const void *left, const void *right)
{
    const struct gb_item *a = *(const struct gb_item *const *)left;
    const struct gb_item *b = *(const struct gb_item *const *)right;
    int order = compare_numbers(entry_of(a)->account.account_no.value,
                                entry_of(b)->account.account_no.value);
    if (order == 0)
        order = compare_numbers(entry_of(a)->version, entry_of(b)->version);
    return order != 0 ? order : (a > b) - (a < b);
}

static bool is_same_account(const struct gb_item *a, const struct gb_item *b)
{
    return entry_of(a)->account.account_no.value == entry_of(b)->account.account_no.value;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* What replicated_ledger_insert compares, for two records of one batch. */
static bool same_content(const struct gb_message_ledger_entry *a,
                         const struct gb_message_ledger_entry *b)
{
    return a->kind == b->kind && a->status == b->status && a->amount == b->amount &&
           a->balance_after == b->balance_after && a->held_after == b->held_after &&
           a->credits_total == b->credits_total && a->debits_total == b->debits_total &&
           a->out_total == b->out_total && a->in_total == b->in_total &&
           a->client_no.value == b->client_no.value && a->link_out_total == b->link_out_total &&
           a->link_in_total == b->link_in_total && same_text(a->key, b->key) &&
           same_text(a->peer, b->peer);
}

/* Of the same entry twice in the batch the first is left; with other content the later one is a
 * conflict. */
static void leave_one_each(struct gb_projection *projection, struct gb_projected *entries)
{
    size_t left = 0;
    for (size_t i = 0; i < entries->count; i++) {
        struct gb_item *item = entries->items[i];
        const struct gb_item *before = left > 0 ? entries->items[left - 1] : NULL;
        bool again = before != NULL && is_same_account(before, item) &&
                     entry_of(before)->version == entry_of(item)->version;
        if (again && !same_content(entry_of(before), entry_of(item)))
            gb_projection_conflict(projection, item, "this entry");
        if (!again)
            entries->items[left++] = item;
    }
    entries->count = left;
}

/* --- parameters --- */

struct rows {
    struct gb_item *const *items;
    size_t count;
    struct gb_arena *arena;
};

/* One bigint[] parameter: the field of struct gb_message_ledger_entry at `offset`. */
static void add_int8(struct gb_params *params, const struct rows *rows, size_t offset,
                     const bool *nulls)
{
    int64_t *values = gb_arena_array(rows->arena, rows->count, sizeof(*values));
    GB_CHECK(values != NULL);
    for (size_t i = 0; i < rows->count; i++)
        memcpy(&values[i], (const char *)rows->items[i]->user + offset, sizeof(values[i]));
    gb_params_int8_array(params, values, nulls, rows->count);
}

/* One text[] parameter. */
static void add_text(struct gb_params *params, const struct rows *rows, size_t offset)
{
    const char **values = gb_arena_array(rows->arena, rows->count, sizeof(*values));
    GB_CHECK(values != NULL);
    for (size_t i = 0; i < rows->count; i++)
        memcpy(&values[i], (const char *)rows->items[i]->user + offset, sizeof(values[i]));
    gb_params_text_array(params, values, rows->count);
}

static void add_kinds(struct gb_params *params, const struct rows *rows)
{
    int16_t *values = gb_arena_array(rows->arena, rows->count, sizeof(*values));
    GB_CHECK(values != NULL);
    for (size_t i = 0; i < rows->count; i++)
        values[i] = (int16_t)entry_of(rows->items[i])->kind;
    gb_params_int2_array(params, values, NULL, rows->count);
}

static void add_statuses(struct gb_params *params, const struct rows *rows)
{
    int16_t *values = gb_arena_array(rows->arena, rows->count, sizeof(*values));
    GB_CHECK(values != NULL);
    for (size_t i = 0; i < rows->count; i++)
        values[i] = (int16_t)entry_of(rows->items[i])->status;
    gb_params_int2_array(params, values, NULL, rows->count);
}

static void add_clients(struct gb_params *params, const struct rows *rows)
{
    int32_t *values = gb_arena_array(rows->arena, rows->count, sizeof(*values));
    bool *nulls = gb_arena_array(rows->arena, rows->count, sizeof(*nulls));
    GB_CHECK(values != NULL && nulls != NULL);
    for (size_t i = 0; i < rows->count; i++) {
        values[i] = entry_of(rows->items[i])->client_no.value;
        nulls[i] = values[i] == 0;
    }
    gb_params_int4_array(params, values, nulls, rows->count);
}

static void add_traces(struct gb_params *params, const struct rows *rows)
{
    struct gb_uuid *values = gb_arena_array(rows->arena, rows->count, sizeof(*values));
    GB_CHECK(values != NULL);
    for (size_t i = 0; i < rows->count; i++)
        values[i] = rows->items[i]->envelope.trace.trace_id;
    gb_params_uuid_array(params, values, rows->count);
}

static void add_spans(struct gb_params *params, const struct rows *rows)
{
    int64_t *values = gb_arena_array(rows->arena, rows->count, sizeof(*values));
    GB_CHECK(values != NULL);
    for (size_t i = 0; i < rows->count; i++)
        values[i] = rows->items[i]->envelope.trace.span_id;
    gb_params_int8_array(params, values, NULL, rows->count);
}

/* True where no link changed. */
static const bool *without_link(const struct rows *rows)
{
    bool *nulls = gb_arena_array(rows->arena, rows->count, sizeof(*nulls));
    GB_CHECK(nulls != NULL);
    for (size_t i = 0; i < rows->count; i++)
        nulls[i] = entry_of(rows->items[i])->peer == NULL;
    return nulls;
}

#define FIELD(name) offsetof(struct gb_message_ledger_entry, name)
#define ACCOUNT_NO FIELD(account.account_no.value)

/* What two copies of an entry are compared by: the parameters of both statements up to `peer`. */
static void add_content(struct gb_params *params, const struct gb_projection *projection,
                        const struct rows *rows)
{
    const bool *nulls = without_link(rows);
    gb_params_text(params, projection->source.code);
    add_int8(params, rows, ACCOUNT_NO, NULL);
    add_int8(params, rows, FIELD(version), NULL);
    add_kinds(params, rows);
    add_statuses(params, rows);
    add_int8(params, rows, FIELD(amount), NULL);
    add_int8(params, rows, FIELD(balance_after), NULL);
    add_int8(params, rows, FIELD(held_after), NULL);
    add_int8(params, rows, FIELD(credits_total), NULL);
    add_int8(params, rows, FIELD(debits_total), NULL);
    add_int8(params, rows, FIELD(out_total), NULL);
    add_int8(params, rows, FIELD(in_total), NULL);
    add_int8(params, rows, FIELD(link_out_total), nulls);
    add_int8(params, rows, FIELD(link_in_total), nulls);
    add_clients(params, rows);
    add_text(params, rows, FIELD(key));
    add_text(params, rows, FIELD(peer));
}

static const struct gb_call *insert_ledger(const struct gb_projection *projection,
                                           struct gb_batch *batch, const struct rows *rows)
{
    struct gb_call *call = gb_batch_call(batch, &gb_sql_replicated_ledger_insert);
    add_content(&call->params, projection, rows);
    add_int8(&call->params, rows, FIELD(account_version), NULL);
    add_int8(&call->params, rows, FIELD(created_at_us), NULL);
    add_spans(&call->params, rows);
    add_traces(&call->params, rows);
    add_text(&call->params, rows, FIELD(reference));
    return call;
}

static void raise_shares(struct gb_projection *projection, struct gb_batch *batch,
                         const struct rows *rows)
{
    struct gb_params *params = &gb_batch_call(batch, &gb_sql_replicated_share_raise)->params;
    gb_params_text(params, projection->source.code);
    add_int8(params, rows, ACCOUNT_NO, NULL);
    add_int8(params, rows, FIELD(balance_after), NULL);
    add_int8(params, rows, FIELD(held_after), NULL);
    add_int8(params, rows, FIELD(version), NULL);
    add_int8(params, rows, FIELD(credits_total), NULL);
    add_int8(params, rows, FIELD(debits_total), NULL);
    add_int8(params, rows, FIELD(out_total), NULL);
    add_int8(params, rows, FIELD(in_total), NULL);
    add_statuses(params, rows);
    add_int8(params, rows, FIELD(account_version), NULL);
    add_int8(params, rows, FIELD(created_at_us), NULL);
}

/* --- what is left of each account --- */

/* The highest version of each account; `entries` are sorted. */
static struct rows newest_of(const struct gb_projected *entries, struct gb_arena *arena)
{
    struct gb_item **items = gb_arena_array(arena, entries->count, sizeof(*items));
    struct rows rows = {.items = items, .arena = arena};
    GB_CHECK(items != NULL);
    for (size_t i = 0; i < entries->count; i++) {
        if (i + 1 == entries->count || !is_same_account(entries->items[i], entries->items[i + 1]))
            items[rows.count++] = entries->items[i];
    }
    return rows;
}

struct link {
    int64_t account_no;
    const char *peer;
    int64_t out_total;
    int64_t in_total;
};

static int by_account_and_peer(const void *left, const void *right)
{
    const struct link *a = left;
    const struct link *b = right;
    int order = compare_numbers(a->account_no, b->account_no);
    return order != 0 ? order : strcmp(a->peer, b->peer);
}

static int64_t greater(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* One for each account and peer, with the greatest totals. */
static size_t links_of(const struct gb_projected *entries, struct link *links)
{
    size_t count = 0;
    size_t left = 0;
    for (size_t i = 0; i < entries->count; i++) {
        const struct gb_message_ledger_entry *entry = entry_of(entries->items[i]);
        if (entry->peer != NULL)
            links[count++] = (struct link){entry->account.account_no.value, entry->peer,
                                           entry->link_out_total, entry->link_in_total};
    }
    qsort(links, count, sizeof(*links), by_account_and_peer);
    for (size_t i = 0; i < count; i++) {
        if (left == 0 || by_account_and_peer(&links[left - 1], &links[i]) != 0) {
            links[left++] = links[i];
        } else {
            links[left - 1].out_total = greater(links[left - 1].out_total, links[i].out_total);
            links[left - 1].in_total = greater(links[left - 1].in_total, links[i].in_total);
        }
    }
    return left;
}

static void raise_links(struct gb_projection *projection, struct gb_batch *batch)
{
    const struct gb_projected *entries = &projection->entries;
    struct link *links = gb_arena_array(batch->arena, entries->count, sizeof(*links));
    GB_CHECK(links != NULL);
    size_t count = links_of(entries, links);
    if (count == 0)
        return;
    int64_t *numbers = gb_arena_array(batch->arena, count, 3 * sizeof(*numbers));
    const char **peers = gb_arena_array(batch->arena, count, sizeof(*peers));
    GB_CHECK(numbers != NULL && peers != NULL);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = links[i].account_no;
        numbers[count + i] = links[i].out_total;
        numbers[2 * count + i] = links[i].in_total;
        peers[i] = links[i].peer;
    }
    struct gb_params *params = &gb_batch_call(batch, &gb_sql_replicated_link_raise)->params;
    gb_params_text(params, projection->source.code);
    gb_params_int8_array(params, numbers, NULL, count);
    gb_params_text_array(params, peers, count);
    gb_params_int8_array(params, numbers + count, NULL, count);
    gb_params_int8_array(params, numbers + 2 * count, NULL, count);
}

/* A share elsewhere that closes, or whose confirmed closing was voided by money: at the catalogue's
 * datacenter the sweeper has to look at the account again, also when it is CLOSED already. */
static void tell_sweeper(struct gb_batch *batch, const struct rows *newest)
{
    int64_t *account_nos = gb_arena_array(newest->arena, newest->count, sizeof(*account_nos));
    size_t count = 0;
    GB_CHECK(account_nos != NULL);
    for (size_t i = 0; i < newest->count; i++) {
        const struct gb_message_ledger_entry *entry = entry_of(newest->items[i]);
        if (entry->status == GB_STATUS_CLOSING)
            account_nos[count++] = entry->account.account_no.value;
    }
    if (count == 0)
        return;
    struct gb_params *params = &gb_batch_call(batch, &gb_sql_status_pending_insert)->params;
    gb_params_int8_array(params, account_nos, NULL, count);
    gb_params_int8(params, batch->now_us);
}

void gb_project_ledger(struct gb_projection *projection, struct gb_batch *batch)
{
    struct gb_projected *entries = &projection->entries;
    if (entries->count == 0)
        return;
    qsort(entries->items, entries->count, sizeof(*entries->items), by_account_and_version);
    leave_one_each(projection, entries);
    const struct rows all = {
        .items = entries->items, .count = entries->count, .arena = batch->arena};
    entries->call = insert_ledger(projection, batch, &all);
    const struct rows newest = newest_of(entries, batch->arena);
    raise_shares(projection, batch, &newest);
    tell_sweeper(batch, &newest);
    raise_links(projection, batch);
}

enum gb_result gb_compare_ledger(struct gb_projection *projection, struct gb_batch *batch,
                                 struct gb_err *err)
{
    const struct gb_projected *entries = &projection->entries;
    if (entries->call == NULL || entries->call->affected == (int64_t)entries->count)
        return GB_OK;
    const struct rows all = {
        .items = entries->items, .count = entries->count, .arena = batch->arena};
    struct gb_call call;
    gb_call_init(&call, &gb_sql_replicated_ledger_compare, batch->arena);
    add_content(&call.params, projection, &all);
    enum gb_result result = gb_pg_call(batch->pg, &call, err);
    if (result != GB_OK)
        return result;
    gb_projection_conflicts(projection, entries, call.rows, "this entry");
    gb_calls_release(&call, 1);
    return GB_OK;
}
