#include "engine/work.h"

#include <stdlib.h>
#include <string.h>

void *gb_work_array(struct gb_arena *arena, size_t n, size_t size)
{
    void *array = gb_arena_array(arena, n, size);
    GB_CHECK(array != NULL);
    return array;
}

/* A command's place in the batch, sorted by what it is about. */
struct place {
    const struct gb_command *command;
    size_t index;
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
    int order = compare_numbers(a->command->account_no.value, b->command->account_no.value);
    return order != 0 ? order : compare_index(a, b);
}

static int compare_operations(const struct gb_command *a, const struct gb_command *b)
{
    int order = compare_numbers(a->client_no.value, b->client_no.value);
    return order != 0 ? order : strcmp(a->key, b->key);
}

static int compare_keys(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    int order = compare_operations(a->command, b->command);
    return order != 0 ? order : compare_index(a, b);
}

static void group_by_account(struct gb_work *work)
{
    struct place *places = gb_work_array(work->arena, work->count, sizeof(*places));
    for (size_t i = 0; i < work->count; i++)
        places[i] = (struct place){&work->commands[i], i};
    qsort(places, work->count, sizeof(*places), compare_accounts);

    work->shares = gb_work_array(work->arena, work->count, sizeof(*work->shares));
    work->share_of = gb_work_array(work->arena, work->count, sizeof(*work->share_of));
    struct gb_work_share *share = NULL;
    for (size_t i = 0; i < work->count; i++) {
        const struct gb_command *command = places[i].command;
        if (share == NULL || share->account_no.value != command->account_no.value) {
            share = &work->shares[work->shares_count++];
            share->account_no = command->account_no;
            share->said_id = command->account_id;
            share->said_currency = command->currency;
            share->trace = command->trace;
        }
        share->commands++;
        share->status_wanted |= command->kind == GB_COMMAND_STATUS;
        share->reserves |= command->kind >= GB_COMMAND_PAYOUT;
        share->spends += command->kind == GB_COMMAND_PAYOUT;
        work->share_of[places[i].index] = work->shares_count - 1;
    }
}

static bool has_operation(const struct gb_command *command)
{
    return command->kind == GB_COMMAND_PAYIN || command->kind == GB_COMMAND_PAYOUT ||
           command->kind == GB_COMMAND_OPENING;
}

/* An own pay-in that comes back was compared when it was accepted. */
static bool compares_metadata(const struct gb_work *work, const struct gb_command *command)
{
    return command->kind == GB_COMMAND_PAYOUT || !gb_dc_equal(command->accepted_by, work->dc);
}

static void group_by_key(struct gb_work *work)
{
    struct place *places = gb_work_array(work->arena, work->count, sizeof(*places));
    size_t count = 0;
    for (size_t i = 0; i < work->count; i++) {
        if (has_operation(&work->commands[i]))
            places[count++] = (struct place){&work->commands[i], i};
    }
    qsort(places, count, sizeof(*places), compare_keys);

    work->operations = gb_work_array(work->arena, work->count, sizeof(*work->operations));
    work->operation_of = gb_work_array(work->arena, work->count, sizeof(*work->operation_of));
    for (size_t i = 0; i < count; i++) {
        const struct gb_command *command = places[i].command;
        if (i == 0 || compare_operations(places[i - 1].command, command) != 0) {
            work->operations[work->operations_count++] =
                (struct gb_work_operation){.client_no = command->client_no, .key = command->key};
        }
        if (compares_metadata(work, command))
            work->operations[work->operations_count - 1].metadata_wanted = true;
        work->operation_of[places[i].index] = work->operations_count - 1;
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
                             .now_us = now_us,
                             .commands = commands,
                             .count = count};
    for (size_t i = 0; i < count; i++) {
        commands[i].outcome = GB_OUTCOME_NONE;
        commands[i].poison_code = commands[i].poison_message = commands[i].mismatch = NULL;
    }
    group_by_account(work);
    group_by_key(work);
    work->voided = gb_work_array(arena, work->shares_count, sizeof(*work->voided));
    work->results = gb_work_array(arena, count, sizeof(*work->results));
}
