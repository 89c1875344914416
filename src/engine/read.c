#include "engine/work.h"

#include "core/topup.h"
#include "db/sql.h"

enum { READ_CALLS_MAX = 11 };

/* Where each statement stands in the round trip; 0 for one that was left out (the first is BEGIN,
 * or makes shares). */
struct reading {
    struct gb_call calls[READ_CALLS_MAX];
    size_t count;
    size_t shares, operations, accounts, open, waiting, links, hints, holds, prices;
    bool reserves; /* what waits and links are among them */
};

static struct gb_params *add_call(struct reading *reading, const struct gb_statement *statement,
                                  struct gb_arena *arena)
{
    struct gb_call *call = &reading->calls[reading->count++];
    gb_call_init(call, statement, arena);
    return &call->params;
}

/* The payee of a waiting transfer has a share: it had one when that was decided to wait. */
static void add_share_create(struct reading *reading, const struct gb_work *work)
{
    size_t n = 0;
    int64_t *numbers = gb_work_array(work->arena, work->shares_count, sizeof(*numbers));
    const char **ids = gb_work_array(work->arena, work->shares_count, sizeof(*ids));
    const char **currencies = gb_work_array(work->arena, work->shares_count, sizeof(*currencies));
    for (size_t i = 0; i < work->shares_count; i++) {
        const struct gb_work_share *share = &work->shares[i];
        if (share->said_id == NULL)
            continue;
        numbers[n] = share->account_no.value;
        ids[n] = share->said_id;
        currencies[n++] = share->said_currency.code;
    }
    struct gb_params *params = add_call(reading, &gb_sql_share_create, work->arena);
    gb_params_int8_array(params, numbers, NULL, n);
    gb_params_text_array(params, ids, n);
    gb_params_text_array(params, currencies, n);
}

static void add_operation_find(struct reading *reading, const struct gb_work *work)
{
    size_t n = work->operations_count;
    int32_t *clients = gb_work_array(work->arena, n, sizeof(*clients));
    const char **keys = gb_work_array(work->arena, n, sizeof(*keys));
    bool *metadata_wanted = gb_work_array(work->arena, n, sizeof(*metadata_wanted));
    for (size_t i = 0; i < n; i++) {
        clients[i] = work->operations[i].client_no.value;
        keys[i] = work->operations[i].key;
        metadata_wanted[i] = work->operations[i].metadata_wanted;
    }
    reading->operations = reading->count;
    struct gb_params *params = add_call(reading, &gb_sql_operation_find, work->arena);
    gb_params_int4_array(params, clients, NULL, n);
    gb_params_text_array(params, keys, n);
    gb_params_bool_array(params, metadata_wanted, n);
}

/* The accounts that may confirm a closing. */
static void add_find_open(struct reading *reading, const struct gb_work *work)
{
    int64_t *numbers = gb_work_array(work->arena, work->shares_count, sizeof(*numbers));
    size_t n = 0;
    for (size_t i = 0; i < work->shares_count; i++) {
        if (work->shares[i].status_wanted)
            numbers[n++] = work->shares[i].account_no.value;
    }
    if (n == 0)
        return;
    reading->open = reading->count;
    gb_params_int8_array(add_call(reading, &gb_sql_operation_find_open, work->arena), numbers, NULL,
                         n);
}

/* The numbers of all accounts. */
static int64_t *list_accounts(const struct gb_work *work)
{
    int64_t *numbers = gb_work_array(work->arena, work->shares_count, sizeof(*numbers));
    for (size_t i = 0; i < work->shares_count; i++)
        numbers[i] = work->shares[i].account_no.value;
    return numbers;
}

/* Of those whose reservations are wanted, and of those among them that may ask: the numbers. */
static int64_t *list_involved(const struct gb_work *work, bool reserving, size_t *ret_count)
{
    int64_t *numbers = gb_work_array(work->arena, work->shares_count, sizeof(*numbers));
    *ret_count = 0;
    for (size_t i = 0; i < work->shares_count; i++) {
        const struct gb_work_share *share = &work->shares[i];
        if (share->involved && (share->reserves || !reserving))
            numbers[(*ret_count)++] = share->account_no.value;
    }
    return numbers;
}

/* What waits, the links, and, where money may be asked for, the copies of the peers' shares. */
static void add_reservations(struct reading *reading, const struct gb_work *work)
{
    size_t involved, reserving;
    const int64_t *numbers = list_involved(work, false, &involved);
    const int64_t *asking = list_involved(work, true, &reserving);
    if (involved == 0)
        return;
    reading->reserves = true;
    reading->waiting = reading->count;
    gb_params_int8_array(add_call(reading, &gb_sql_waiting_read, work->arena), numbers, NULL,
                         involved);
    reading->links = reading->count;
    gb_params_int8_array(add_call(reading, &gb_sql_share_link_read, work->arena), numbers, NULL,
                         involved);
    if (reserving == 0)
        return;
    reading->hints = reading->count;
    struct gb_params *params = add_call(reading, &gb_sql_hint_read, work->arena);
    gb_params_int8_array(params, asking, NULL, reserving);
    gb_params_text(params, work->dc.code);
}

/* Where a command is about links all are read in the first round trip. */
static void involve_asked(struct gb_work *work)
{
    bool any = false;
    for (size_t i = 0; i < work->shares_count; i++)
        any |= work->shares[i].asked;
    for (size_t i = 0; i < work->shares_count; i++)
        work->shares[i].involved = any;
}

static void add_hold_find(struct reading *reading, const struct gb_work *work)
{
    size_t n = work->holds_count;
    if (n == 0)
        return;
    struct gb_uuid *ids = gb_work_array(work->arena, n, sizeof(*ids));
    for (size_t i = 0; i < n; i++)
        ids[i] = work->holds[i].id;
    reading->holds = reading->count;
    gb_params_uuid_array(add_call(reading, &gb_sql_hold_find, work->arena), ids, n);
}

/* The prices that are known here now: side by side with the commands that take them. */
static void add_prices(struct reading *reading, const struct gb_work *work)
{
    size_t n = 0;
    const char **ids = gb_work_array(work->arena, work->count, sizeof(*ids));
    for (size_t i = 0; i < work->count; i++) {
        if (gb_command_has_price(&work->commands[i]))
            ids[n++] = work->commands[i].service_id;
    }
    if (n == 0)
        return;
    reading->prices = reading->count;
    gb_params_text_array(add_call(reading, &gb_sql_service_prices, work->arena), ids, n);
}

/* The locks first, and all else in statements of their own after them: a join in the locking
 * statement would see rows as they were before the locks were had. */
static void prepare(struct reading *reading, const struct gb_work *work, bool begin, bool create)
{
    size_t n = work->shares_count;
    const int64_t *numbers = list_accounts(work);
    *reading = (struct reading){.count = 0};
    if (begin)
        (void)add_call(reading, &gb_sql_tx_begin, work->arena);
    if (create)
        add_share_create(reading, work);
    reading->shares = reading->count;
    gb_params_int8_array(add_call(reading, &gb_sql_share_lock, work->arena), numbers, NULL, n);
    if (work->operations_count > 0)
        add_operation_find(reading, work);
    reading->accounts = reading->count;
    gb_params_int8_array(add_call(reading, &gb_sql_account_read_status, work->arena), numbers, NULL,
                         n);
    add_hold_find(reading, work);
    add_prices(reading, work);
    add_find_open(reading, work);
    add_reservations(reading, work);
}

static const char *copy_text(struct gb_arena *arena, const char *text)
{
    if (text == NULL)
        return NULL;
    char *copy = gb_arena_strdup(arena, text);
    GB_CHECK(copy != NULL);
    return copy;
}

size_t gb_work_find_share(const struct gb_work *work, int64_t account_no)
{
    size_t low = 0, high = work->shares_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (work->shares[middle].account_no.value < account_no)
            low = middle + 1;
        else
            high = middle;
    }
    GB_CHECK(low < work->shares_count && work->shares[low].account_no.value == account_no);
    return low;
}

static void take_share(struct gb_work *work, const struct gb_rows *rows, size_t row)
{
    size_t at = gb_work_find_share(work, gb_rows_int(rows, row, 0));
    struct gb_work_share *share = &work->shares[at];
    struct gb_account *account = &work->books.accounts[at];
    share->locked = true;
    share->account_id = copy_text(work->arena, gb_rows_text(rows, row, 1));
    GB_CHECK(gb_currency_parse(gb_rows_text(rows, row, 2), &share->currency));
    account->currency = share->currency;
    account->share = (struct gb_share){
        .balance = gb_rows_int(rows, row, 3),
        .held = gb_rows_int(rows, row, 4),
        .version = gb_rows_int(rows, row, 5),
        .credits_total = gb_rows_int(rows, row, 6),
        .debits_total = gb_rows_int(rows, row, 7),
        .out_total = gb_rows_int(rows, row, 8),
        .in_total = gb_rows_int(rows, row, 9),
        .status = (enum gb_account_status)gb_rows_int(rows, row, 10),
        .account_version = gb_rows_int(rows, row, 11),
        .updated_at_us = gb_rows_int(rows, row, 12),
    };
    share->engaged = gb_rows_bool(rows, row, 13);
    GB_CHECK(gb_share_sound(&account->share));
}

static void take_account(struct gb_work *work, const struct gb_rows *rows, size_t row)
{
    struct gb_work_share *share =
        &work->shares[gb_work_find_share(work, gb_rows_int(rows, row, 0))];
    share->known = true;
    share->known_id = copy_text(work->arena, gb_rows_text(rows, row, 1));
    GB_CHECK(gb_currency_parse(gb_rows_text(rows, row, 2), &share->known_currency));
    share->says.status = (enum gb_account_status)gb_rows_int(rows, row, 3);
    share->says.version = gb_rows_int(rows, row, 4);
}

static void take_operation(struct gb_work *work, const struct gb_rows *rows, size_t row)
{
    int64_t place = gb_rows_int(rows, row, 0);
    GB_CHECK(place >= 1 && (size_t)place <= work->operations_count);
    struct gb_work_operation *operation = &work->operations[place - 1];
    operation->stored = true;
    operation->request = (struct gb_request){
        .kind = (enum gb_operation_kind)gb_rows_int(rows, row, 1),
        .account_no = {gb_rows_int(rows, row, 3)},
        .reference = copy_text(work->arena, gb_rows_text(rows, row, 8)),
        .metadata = copy_text(work->arena, gb_rows_text(rows, row, 9)),
        .service_id = copy_text(work->arena, gb_rows_text(rows, row, 16)),
        .original_key = copy_text(work->arena, gb_rows_text(rows, row, 19)),
    };
    operation->amount = gb_rows_int(rows, row, 4);
    if (operation->request.kind != GB_OPERATION_CHARGE)
        operation->request.amount = operation->amount;
    operation->price_version = gb_work_int(rows, row, 17);
    operation->refunded = gb_rows_int(rows, row, 20);
    operation->state = (enum gb_operation_state)gb_rows_int(rows, row, 2);
    operation->decided_at_us = gb_work_int(rows, row, 5);
    operation->awaited = gb_rows_bool(rows, row, 6);
    operation->reason = copy_text(work->arena, gb_rows_text(rows, row, 7));
    operation->created_at_us = gb_rows_int(rows, row, 10);
    operation->facts = copy_text(work->arena, gb_rows_text(rows, row, 11));
    operation->deadline_us = gb_work_int(rows, row, 12);
    gb_work_take_more(work, operation, rows, row, 13);
    operation->batch_id = gb_rows_uuid(rows, row, 18);
}

/* What a charge takes counts as soon as it is known. */
static void take_prices(struct gb_work *work, const struct gb_rows *rows)
{
    size_t row = 0;
    for (size_t i = 0; i < work->count; i++) {
        struct gb_work_price *price = &work->prices[i];
        if (!gb_command_has_price(&work->commands[i]))
            continue;
        price->known = !gb_rows_null(rows, row, 0);
        if (price->known) {
            price->price.amount = gb_rows_int(rows, row, 0);
            GB_CHECK(gb_currency_parse(gb_rows_text(rows, row, 1), &price->price.currency));
            price->price.retired = gb_rows_bool(rows, row, 2);
            price->version = gb_rows_int(rows, row, 3);
            work->shares[work->share_of[i]].spent_max += price->price.amount;
        }
        row++;
    }
}

static void take_all(struct gb_work *work, const struct reading *reading)
{
    gb_work_books_new(work);
    const struct gb_rows *rows = reading->calls[reading->shares].rows;
    for (size_t i = 0; i < gb_rows_count(rows); i++)
        take_share(work, rows, i);
    rows = reading->calls[reading->accounts].rows;
    for (size_t i = 0; i < gb_rows_count(rows); i++)
        take_account(work, rows, i);
    if (reading->operations != 0) {
        rows = reading->calls[reading->operations].rows;
        for (size_t i = 0; i < gb_rows_count(rows); i++)
            take_operation(work, rows, i);
    }
    if (reading->prices != 0)
        take_prices(work, reading->calls[reading->prices].rows);
    if (reading->open != 0) {
        rows = reading->calls[reading->open].rows;
        for (size_t i = 0; i < gb_rows_count(rows); i++)
            work->shares[gb_work_find_share(work, gb_rows_int(rows, i, 0))].open = true;
    }
}

/* `first` has the holds, whichever of the two has the rest. */
static void fill_books(struct gb_work *work, const struct reading *first,
                       const struct reading *reading)
{
    struct gb_work_read read = {.waiting = NULL};
    if (reading->reserves) {
        read.waiting = reading->calls[reading->waiting].rows;
        read.links = reading->calls[reading->links].rows;
    }
    if (reading->hints != 0)
        read.hints = reading->calls[reading->hints].rows;
    if (first->holds != 0)
        read.holds = first->calls[first->holds].rows;
    gb_work_books_fill(work, &read);
}

/* Whatever its commands take, in whatever order, the share has it, and its status permits it. */
static bool suffices(const struct gb_work_share *share, const struct gb_share *stored)
{
    bool open =
        stored->status == GB_STATUS_OPEN && (!share->known || share->says.status == GB_STATUS_OPEN);
    return open && share->spent_max <= gb_share_available(stored);
}

/* What its commands take may leave too little for the next ones: it may ask in time. */
static bool runs_low(const struct gb_work_share *share, const struct gb_share *stored,
                     const struct gb_reserve_settings *settings)
{
    int64_t left = gb_share_available(stored) - share->spent_max;
    return gb_topup_is_low(settings, share->spent_max, left);
}

/* Money that only comes in, and money that leaves a share with enough for a while, needs neither
 * what waits nor links, unless something does wait or is open: those that do are read now, under
 * the same locks.
 */
static enum gb_result take_reservations(struct gb_work *work, struct gb_pg *pg,
                                        const struct reading *reading, struct gb_err *err)
{
    struct reading more = {.count = 0};
    const struct gb_reserve_settings *settings = &work->options->reserve;
    if (!reading->reserves) {
        for (size_t i = 0; i < work->shares_count; i++) {
            struct gb_work_share *share = &work->shares[i];
            const struct gb_share *stored = &work->books.accounts[i].share;
            share->involved =
                share->engaged || (share->spends > 0 &&
                                   (!suffices(share, stored) || runs_low(share, stored, settings)));
        }
        add_reservations(&more, work);
    }
    if (more.count == 0) {
        fill_books(work, reading, reading);
        return GB_OK;
    }
    enum gb_result result = gb_pg_run(pg, more.calls, more.count, NULL, err);
    if (result != GB_OK)
        return result;
    fill_books(work, reading, &more);
    gb_calls_release(more.calls, more.count);
    return GB_OK;
}

enum gb_result gb_work_read(struct gb_work *work, struct gb_pg *pg, struct gb_err *err)
{
    /* Making missing shares costs a look at each account and comes before the first lock: first
     * without it, and from the start with it when one is missing, once in an account's life. In
     * somebody's transaction there is no start to go back to. */
    bool joins = gb_pg_begun(pg);
    for (int create = joins; create <= 1; create++) {
        struct reading reading;
        involve_asked(work);
        prepare(&reading, work, !joins, create == 1);
        enum gb_result result = gb_pg_run(pg, reading.calls, reading.count, NULL, err);
        if (result != GB_OK)
            return result;
        size_t locked = gb_rows_count(reading.calls[reading.shares].rows);
        bool enough = locked == work->shares_count || create == 1;
        if (enough) {
            take_all(work, &reading);
            result = take_reservations(work, pg, &reading, err);
        }
        gb_calls_release(reading.calls, reading.count);
        if (enough)
            return result;
        gb_pg_rollback(pg);
    }
    return GB_OK;
}
