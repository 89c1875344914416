#include "engine/work.h"

#include <stdlib.h>
#include <string.h>

#include "core/spend.h"

void *gb_work_array(struct gb_arena *arena, size_t n, size_t size)
{
    void *array = gb_arena_array(arena, n, size);
    GB_CHECK(array != NULL);
    return array;
}

bool gb_command_has_operation(const struct gb_command *command)
{
    return command->kind == GB_COMMAND_PAYIN || command->kind == GB_COMMAND_OPERATION ||
           command->kind == GB_COMMAND_OPENING;
}

bool gb_command_may_wait(const struct gb_command *command)
{
    return command->kind == GB_COMMAND_OPERATION && gb_spend_can_be(command->operation);
}

bool gb_command_has_hold(const struct gb_command *command)
{
    return command->kind == GB_COMMAND_EXPIRE ||
           (command->kind == GB_COMMAND_OPERATION && (command->operation == GB_OPERATION_CAPTURE ||
                                                      command->operation == GB_OPERATION_VOID));
}

bool gb_command_has_price(const struct gb_command *command)
{
    return command->kind == GB_COMMAND_OPERATION && command->operation == GB_OPERATION_CHARGE;
}

bool gb_command_has_original(const struct gb_command *command)
{
    return command->kind == GB_COMMAND_OPERATION && command->operation == GB_OPERATION_REFUND;
}

static bool has_payee(const struct gb_command *command)
{
    return command->kind == GB_COMMAND_OPERATION && command->operation == GB_OPERATION_TRANSFER;
}

/* A command's place in the batch, sorted by what it is about. */
struct place {
    struct gb_account_no account_no;  /* of it, or of its payee */
    const struct gb_command *command; /* NULL: no command wants the account */
    size_t index;
    bool payee;
};

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Equal ones stay in the batch's order: qsort is not stable. */
static int compare_index(const struct place *a, const struct place *b)
{
    return (a->index > b->index) - (a->index < b->index);
}

static int compare_accounts(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    int order = compare_numbers(a->account_no.value, b->account_no.value);
    return order != 0 ? order : compare_index(a, b);
}

/* A key that a command is about: its own, or its original's. */
struct key_place {
    const struct gb_command *command;
    const char *key;
    size_t index;
    bool original;
};

static int compare_operations(const struct key_place *a, const struct key_place *b)
{
    int order = compare_numbers(a->command->client_no.value, b->command->client_no.value);
    return order != 0 ? order : strcmp(a->key, b->key);
}

static int compare_keys(const void *left, const void *right)
{
    const struct key_place *a = left, *b = right;
    int order = compare_operations(a, b);
    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

static int compare_hold_ids(const struct gb_command *a, const struct gb_command *b)
{
    return memcmp(a->hold_id.bytes, b->hold_id.bytes, sizeof(a->hold_id.bytes));
}

static int compare_holds(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    int order = compare_hold_ids(a->command, b->command);
    return order != 0 ? order : compare_index(a, b);
}

/* All accounts that are wanted, in order, each as often as it is. */
static struct place *places_of_accounts(const struct gb_work *work, size_t *ret_count)
{
    size_t n = 0, room = 2 * work->count + work->payees_count;
    struct place *places = gb_work_array(work->arena, room, sizeof(*places));
    for (size_t i = 0; i < work->count; i++) {
        const struct gb_command *command = &work->commands[i];
        places[n++] = (struct place){command->account_no, command, i, false};
        if (has_payee(command))
            places[n++] = (struct place){command->payee_no, command, i, true};
    }
    for (size_t i = 0; i < work->payees_count; i++)
        places[n++] = (struct place){.account_no = {work->payees[i]}, .index = SIZE_MAX};
    qsort(places, n, sizeof(*places), compare_accounts);
    *ret_count = n;
    return places;
}

/* A share as the first of its places says; the one without a command comes last. */
static struct gb_work_share share_of(const struct place *place)
{
    const struct gb_command *command = place->command;
    struct gb_work_share share = {.account_no = place->account_no};
    if (command == NULL)
        return share;
    share.said_id = place->payee ? command->payee_id : command->account_id;
    share.said_currency = command->currency;
    share.trace = command->trace;
    return share;
}

static void add_place(struct gb_work *work, const struct place *place)
{
    struct gb_work_share *share = &work->shares[work->shares_count - 1];
    const struct gb_command *command = place->command;
    if (command == NULL)
        return;
    share->commands++;
    if (place->payee) {
        work->payee_of[place->index] = work->shares_count - 1;
        return;
    }
    bool may_wait = gb_command_may_wait(command);
    share->status_wanted |= command->kind == GB_COMMAND_STATUS;
    share->spends += may_wait;
    share->spent_max += may_wait && gb_amount_valid(command->amount) ? command->amount : 0;
    share->asked |= command->kind == GB_COMMAND_ASK || command->kind == GB_COMMAND_REPLY ||
                    command->kind == GB_COMMAND_TIME || command->kind == GB_COMMAND_OPENING;
    share->reserves |= may_wait || share->asked;
    work->share_of[place->index] = work->shares_count - 1;
}

static void group_by_account(struct gb_work *work)
{
    size_t count;
    struct place *places = places_of_accounts(work, &count);
    work->shares = gb_work_array(work->arena, count, sizeof(*work->shares));
    work->share_of = gb_work_array(work->arena, work->count, sizeof(*work->share_of));
    work->payee_of = gb_work_array(work->arena, work->count, sizeof(*work->payee_of));
    for (size_t i = 0; i < work->count; i++)
        work->payee_of[i] = GB_NO_ACCOUNT;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || places[i].account_no.value != places[i - 1].account_no.value)
            work->shares[work->shares_count++] = share_of(&places[i]);
        add_place(work, &places[i]);
    }
}

/* An own pay-in that comes back was compared when it was accepted. */
static bool compares_metadata(const struct gb_work *work, const struct gb_command *command)
{
    return command->kind == GB_COMMAND_OPERATION || !gb_dc_equal(command->accepted_by, work->dc);
}

/* The commands that `wanted` is true of, sorted. */
static struct place *places_where(const struct gb_work *work,
                                  bool (*wanted)(const struct gb_command *command),
                                  int (*compare)(const void *left, const void *right),
                                  size_t *ret_count)
{
    struct place *places = gb_work_array(work->arena, work->count, sizeof(*places));
    size_t count = 0;
    for (size_t i = 0; i < work->count; i++) {
        if (wanted(&work->commands[i]))
            places[count++] = (struct place){.command = &work->commands[i], .index = i};
    }
    qsort(places, count, sizeof(*places), compare);
    *ret_count = count;
    return places;
}

static struct key_place *places_of_keys(const struct gb_work *work, size_t *ret_count)
{
    size_t n = 0;
    struct key_place *places = gb_work_array(work->arena, 2 * work->count, sizeof(*places));
    for (size_t i = 0; i < work->count; i++) {
        const struct gb_command *command = &work->commands[i];
        if (gb_command_has_operation(command))
            places[n++] = (struct key_place){command, command->key, i, false};
        if (gb_command_has_original(command))
            places[n++] = (struct key_place){command, command->original_key, i, true};
    }
    qsort(places, n, sizeof(*places), compare_keys);
    *ret_count = n;
    return places;
}

static void group_by_key(struct gb_work *work)
{
    size_t count;
    struct key_place *places = places_of_keys(work, &count);
    work->operations = gb_work_array(work->arena, count, sizeof(*work->operations));
    work->operation_of = gb_work_array(work->arena, work->count, sizeof(*work->operation_of));
    work->original_of = gb_work_array(work->arena, work->count, sizeof(*work->original_of));
    for (size_t i = 0; i < count; i++) {
        const struct key_place *place = &places[i];
        if (i == 0 || compare_operations(&places[i - 1], place) != 0) {
            work->operations[work->operations_count++] = (struct gb_work_operation){
                .client_no = place->command->client_no, .key = place->key};
        }
        size_t at = work->operations_count - 1;
        work->operations[at].metadata_wanted |=
            !place->original && compares_metadata(work, place->command);
        if (place->original)
            work->original_of[place->index] = at;
        else
            work->operation_of[place->index] = at;
    }
}

static void group_by_hold(struct gb_work *work)
{
    size_t count;
    struct place *places = places_where(work, gb_command_has_hold, compare_holds, &count);
    work->holds = gb_work_array(work->arena, count, sizeof(*work->holds));
    work->hold_of = gb_work_array(work->arena, work->count, sizeof(*work->hold_of));
    for (size_t i = 0; i < count; i++) {
        const struct gb_command *command = places[i].command;
        if (i == 0 || compare_hold_ids(places[i - 1].command, command) != 0)
            work->holds[work->holds_count++] = (struct gb_work_hold){.id = command->hold_id};
        work->hold_of[places[i].index] = work->holds_count - 1;
    }
}

void gb_work_init(struct gb_work *work, struct gb_arena *arena, struct gb_command *commands,
                  size_t count, int64_t now_us)
{
    *work = (struct gb_work){.arena = arena,
                             .dc = work->dc,
                             .incarnation = work->incarnation,
                             .epoch = work->epoch,
                             .options = work->options,
                             .payees = work->payees,
                             .payees_count = work->payees_count,
                             .last_round = work->last_round,
                             .batch_id = work->batch_id,
                             .aborted = work->aborted,
                             .now_us = now_us,
                             .commands = commands,
                             .count = count};
    for (size_t i = 0; i < count; i++) {
        commands[i].outcome = GB_OUTCOME_NONE;
        commands[i].poison_code = commands[i].poison_message = NULL;
        commands[i].mismatch = commands[i].turned_away = NULL;
    }
    group_by_account(work);
    group_by_key(work);
    group_by_hold(work);
    work->prices = gb_work_array(arena, count, sizeof(*work->prices));
    work->voided = gb_work_array(arena, work->shares_count, sizeof(*work->voided));
    work->results = gb_work_array(arena, count, sizeof(*work->results));
}

void gb_work_missing_payees(const struct gb_work *work, int64_t *ret, size_t *count)
{
    for (size_t i = 0; i < work->books.accounts_count; i++) {
        const struct gb_account *account = &work->books.accounts[i];
        for (size_t k = 0; account->needs_payee && k < account->waiters_count; k++) {
            struct gb_account_no payee = account->waiters[k].payee;
            bool missing = payee.value != 0 && gb_books_find(&work->books, payee) == GB_NO_ACCOUNT;
            for (size_t known = 0; missing && known < *count; known++)
                missing = ret[known] != payee.value;
            if (missing && *count < GB_ENGINE_PAYEES_MAX)
                ret[(*count)++] = payee.value;
        }
    }
}
