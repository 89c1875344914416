/* The books of a batch: what was read of shares, links and waiting operations, as the core wants
 * it. Accounts that nobody waits for, and that have no links, stay as small as they are. */
#include <string.h>

#include "core/link.h"
#include "db/sql.h"
#include "engine/work.h"

void gb_work_books_new(struct gb_work *work)
{
    struct gb_books *books = &work->books;
    *books = (struct gb_books){
        .dc = work->dc,
        .now_us = work->now_us,
        .jitter = (int32_t)(work->now_us & 1023),
        .settings = &work->options->reserve,
        .accounts = gb_work_array(work->arena, work->shares_count, sizeof(*books->accounts)),
        .accounts_count = work->shares_count,
    };
    for (size_t i = 0; i < work->shares_count; i++) {
        books->accounts[i].no = work->shares[i].account_no;
        books->accounts[i].currency = work->shares[i].said_currency;
        books->accounts[i].share = gb_share_new();
    }
}

/* How many rows from `row` on are of this account. */
static size_t rows_of(const struct gb_rows *rows, size_t row, int64_t account_no)
{
    size_t count = 0;
    while (row + count < gb_rows_count(rows) && gb_rows_int(rows, row + count, 0) == account_no)
        count++;
    return count;
}

static struct gb_link *find_link(struct gb_account *account, const char *peer)
{
    for (size_t i = 0; i < account->links_count; i++) {
        if (strcmp(account->links[i].peer.code, peer) == 0)
            return &account->links[i];
    }
    return NULL;
}

static void add_links(struct gb_work *work, struct gb_account *account)
{
    const struct gb_engine_options *options = work->options;
    account->links_count = options->peers_count;
    account->links = gb_work_array(work->arena, options->peers_count, sizeof(*account->links));
    for (size_t i = 0; i < options->peers_count; i++) {
        account->links[i].peer = options->peers[i];
        account->links[i].peer_ask_priority.dc = options->peers[i];
    }
}

/* A peer that is not configured any more keeps its row; nothing can be asked of it. */
static void take_link(struct gb_account *account, const struct gb_rows *rows, size_t row)
{
    struct gb_link *link = find_link(account, gb_rows_text(rows, row, 1));
    if (link == NULL)
        return;
    int64_t numbers[GB_LINK_NUMBERS];
    for (size_t i = 0; i < GB_LINK_NUMBERS; i++)
        numbers[i] = gb_rows_int(rows, row, (int)i + 2);
    gb_link_numbers_set(link, numbers);
}

static void take_hint(struct gb_work *work, const struct gb_rows *rows, size_t row)
{
    struct gb_account *account =
        &work->books.accounts[gb_work_find_share(work, gb_rows_int(rows, row, 0))];
    struct gb_link *link = find_link(account, gb_rows_text(rows, row, 1));
    if (link == NULL)
        return;
    const struct gb_share share = {
        .balance = gb_rows_int(rows, row, 2),
        .held = gb_rows_int(rows, row, 3),
        .version = gb_rows_int(rows, row, 4),
        .credits_total = gb_rows_int(rows, row, 5),
        .debits_total = gb_rows_int(rows, row, 6),
        .out_total = gb_rows_int(rows, row, 7),
        .in_total = gb_rows_int(rows, row, 8),
        .status = (enum gb_account_status)gb_rows_int(rows, row, 9),
        .account_version = gb_rows_int(rows, row, 10),
        .updated_at_us = gb_rows_int(rows, row, 11),
    };
    gb_link_learn(link, &share, gb_rows_int(rows, row, 12), work->now_us);
}

static int compare_key(const struct gb_work_operation *operation, struct gb_client_no client_no,
                       const char *key)
{
    if (operation->client_no.value != client_no.value)
        return operation->client_no.value < client_no.value ? -1 : 1;
    return strcmp(operation->key, key);
}

/* Of a command of the batch, or a new place behind those. */
static size_t operation_at(struct gb_work *work, struct gb_client_no client_no, const char *key)
{
    size_t low = 0, high = work->operations_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_key(&work->operations[middle], client_no, key);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    struct gb_work_operation *operation = &work->operations[work->operations_all];
    char *kept = gb_arena_strdup(work->arena, key);
    GB_CHECK(kept != NULL);
    *operation = (struct gb_work_operation){.client_no = client_no, .key = kept};
    return work->operations_all++;
}

int64_t gb_work_int(const struct gb_rows *rows, size_t row, int column)
{
    return gb_rows_null(rows, row, column) ? 0 : gb_rows_int(rows, row, column);
}

void gb_work_take_more(struct gb_work *work, struct gb_work_operation *operation,
                       const struct gb_rows *rows, size_t row, int column)
{
    struct gb_request *request = &operation->request;
    request->payee_no.value = gb_work_int(rows, row, column);
    if (!gb_rows_null(rows, row, column + 1))
        operation->hold_id = gb_rows_uuid(rows, row, column + 1);
    operation->expires_at_us = gb_work_int(rows, row, column + 2);
    if (request->kind == GB_OPERATION_HOLD)
        request->lasts_us = operation->expires_at_us - operation->created_at_us;
    if (request->kind == GB_OPERATION_CAPTURE || request->kind == GB_OPERATION_VOID)
        request->hold_id = gb_work_hold_text(operation->hold_id, work->arena);
}

static void take_waiting_operation(struct gb_work *work, const struct gb_rows *rows, size_t row,
                                   struct gb_work_operation *operation)
{
    const char *reference = gb_rows_text(rows, row, 5);
    operation->trace = (struct gb_trace){.trace_id = gb_rows_uuid(rows, row, 8)};
    if (!gb_rows_null(rows, row, 9))
        operation->trace.span_id = gb_rows_int(rows, row, 9);
    if (operation->stored)
        return; /* read as the operation of a command */
    operation->stored = true;
    operation->state = GB_STATE_WAITING;
    operation->awaited = gb_rows_bool(rows, row, 7);
    operation->request = (struct gb_request){
        .kind = (enum gb_operation_kind)gb_rows_int(rows, row, 3),
        .account_no = {gb_rows_int(rows, row, 0)},
        .amount = gb_rows_int(rows, row, 4),
        .reference = reference == NULL ? NULL : gb_arena_strdup(work->arena, reference),
    };
    GB_CHECK((operation->request.reference == NULL) == (reference == NULL));
    operation->amount = operation->request.amount;
    operation->created_at_us = gb_rows_int(rows, row, 6);
    gb_work_take_more(work, operation, rows, row, 15);
}

static struct gb_waiter take_waiter(struct gb_work *work, const struct gb_rows *rows, size_t row)
{
    struct gb_client_no client_no = {(int32_t)gb_rows_int(rows, row, 1)};
    size_t at = operation_at(work, client_no, gb_rows_text(rows, row, 2));
    take_waiting_operation(work, rows, row, &work->operations[at]);
    return (struct gb_waiter){
        .kind = work->operations[at].request.kind,
        .operation = at,
        .amount = gb_rows_int(rows, row, 4),
        .clock_us = gb_rows_int(rows, row, 10),
        .after_seq = gb_rows_int(rows, row, 11),
        .deadline_us = gb_rows_int(rows, row, 12),
        .impatient = gb_rows_bool(rows, row, 13),
        .payee = work->operations[at].request.payee_no,
    };
}

/* `row` of waiting, where this account's begin. */
static void fill_waiters(struct gb_work *work, size_t at, const struct gb_rows *waiting, size_t row)
{
    struct gb_account *account = &work->books.accounts[at];
    size_t stored = rows_of(waiting, row, account->no.value);
    size_t wanted = stored + work->shares[at].spends;
    size_t limit = work->options->waiting_max > stored ? work->options->waiting_max : stored;
    account->waiters_max = wanted < limit ? wanted : limit;
    account->waiters = gb_work_array(work->arena, account->waiters_max, sizeof(*account->waiters));
    account->waiters_count = stored;
    for (size_t i = 0; i < stored; i++)
        account->waiters[i] = take_waiter(work, waiting, row + i);
}

/* The operation that placed a hold: its expiry is entered under that. */
static size_t operation_of_hold(struct gb_work *work, const struct gb_rows *rows, size_t row)
{
    struct gb_client_no client_no = {(int32_t)gb_rows_int(rows, row, 6)};
    size_t at = operation_at(work, client_no, gb_rows_text(rows, row, 7));
    struct gb_work_operation *operation = &work->operations[at];
    const char *reference = gb_rows_text(rows, row, 8);
    if (operation->stored)
        return at;
    operation->stored = true;
    operation->state = GB_STATE_HELD;
    operation->request.reference =
        reference == NULL ? NULL : gb_arena_strdup(work->arena, reference);
    operation->trace = (struct gb_trace){.trace_id = gb_rows_uuid(rows, row, 9),
                                         .span_id = gb_work_int(rows, row, 10)};
    return at;
}

static void take_hold(struct gb_work *work, const struct gb_rows *rows, size_t row)
{
    int64_t place = gb_rows_int(rows, row, 0);
    GB_CHECK(place >= 1 && (size_t)place <= work->holds_count);
    struct gb_work_hold *hold = &work->holds[place - 1];
    hold->stored = true;
    hold->account_no.value = gb_rows_int(rows, row, 1);
    hold->hold = (struct gb_hold){
        .state = (enum gb_hold_state)gb_rows_int(rows, row, 2),
        .amount = gb_rows_int(rows, row, 3),
        .captured = gb_rows_int(rows, row, 4),
        .expires_at_us = gb_rows_int(rows, row, 5),
        .placed_by = operation_of_hold(work, rows, row),
    };
}

static void make_room(struct gb_work *work)
{
    struct gb_effects *effects = &work->books.effects;
    for (size_t i = 0; i < work->shares_count; i++) {
        const struct gb_account *account = &work->books.accounts[i];
        /* A credit serves peers' asks, at the payee of a waiting transfer too. */
        effects->entries_max += 1 + 2 * account->links_count +
                                account->waiters_max * (2 + work->options->peers_count) +
                                work->shares[i].commands * (2 + account->links_count);
        effects->decisions_max += account->waiters_max;
        effects->messages_max += 2 * account->links_count;
    }
    struct gb_arena *arena = work->arena;
    effects->entries = gb_work_array(arena, effects->entries_max, sizeof(*effects->entries));
    effects->decisions = gb_work_array(arena, effects->decisions_max, sizeof(*effects->decisions));
    effects->messages = gb_work_array(arena, effects->messages_max, sizeof(*effects->messages));
    work->messages = gb_work_array(arena, effects->messages_max + work->count, //
                                   sizeof(*work->messages));
}

void gb_work_books_fill(struct gb_work *work, const struct gb_work_read *read)
{
    /* Rows of links are in no order: whose are there decides who gets links at all. */
    for (size_t i = 0; i < gb_rows_count(read->links); i++)
        work->shares[gb_work_find_share(work, gb_rows_int(read->links, i, 0))].reserves = true;
    size_t waiting = gb_rows_count(read->waiting), row = 0;
    struct gb_work_operation *all = gb_work_array(
        work->arena, work->operations_count + waiting + work->holds_count, sizeof(*all));
    if (work->operations_count > 0)
        memcpy(all, work->operations, work->operations_count * sizeof(*all));
    work->operations = all;
    work->operations_all = work->operations_count;
    for (size_t i = 0; i < work->shares_count; i++) {
        struct gb_account *account = &work->books.accounts[i];
        size_t count = rows_of(read->waiting, row, account->no.value);
        if (work->shares[i].involved && (work->shares[i].reserves || count > 0))
            add_links(work, account);
        fill_waiters(work, i, read->waiting, row);
        row += count;
    }
    GB_CHECK(row == waiting);
    for (size_t i = 0; i < gb_rows_count(read->links); i++)
        take_link(&work->books.accounts[gb_work_find_share(work, gb_rows_int(read->links, i, 0))],
                  read->links, i);
    /* Before the books begin: news of a peer alone is no reason to write its link. */
    for (size_t i = 0; i < gb_rows_count(read->hints); i++)
        take_hint(work, read->hints, i);
    for (size_t i = 0; i < gb_rows_count(read->holds); i++)
        take_hold(work, read->holds, i);
    make_room(work);
    gb_books_begin(&work->books);
}

bool gb_work_engages(const struct gb_account *account)
{
    for (size_t i = 0; i < account->links_count; i++) {
        const struct gb_link *link = &account->links[i];
        if (link->ask_state != GB_ASK_IDLE || link->peer_ask_target > link->out_total ||
            link->granted_total > link->in_total)
            return true;
    }
    return account->waiters_count > 0;
}
