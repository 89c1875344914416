#include "simulate.h"

enum { OPENING_US = 1000000, COMMANDS_US = 2000000 };

static enum gb_operation_kind draw_kind(struct history *h)
{
    static const enum gb_operation_kind KINDS[] = {
        GB_OPERATION_PAYOUT,  GB_OPERATION_PAYOUT,   GB_OPERATION_PAYOUT, GB_OPERATION_PAYOUT,
        GB_OPERATION_PAYOUT,  GB_OPERATION_PAYOUT,   GB_OPERATION_PAYIN,  GB_OPERATION_PAYIN,
        GB_OPERATION_CHARGE,  GB_OPERATION_TRANSFER, GB_OPERATION_HOLD,   GB_OPERATION_HOLD,
        GB_OPERATION_CAPTURE, GB_OPERATION_VOID,     GB_OPERATION_REFUND,
    };
    return KINDS[draw(h, sizeof(KINDS) / sizeof(KINDS[0]))];
}

/* The last planned command that this one can be about; -1: none. */
static int find_about(const struct history *h, enum gb_operation_kind kind)
{
    bool of_hold = kind == GB_OPERATION_CAPTURE || kind == GB_OPERATION_VOID;
    for (int i = h->commands_count - 1; i >= 0; i--) {
        enum gb_operation_kind earlier = h->commands[i].kind;
        if (of_hold ? earlier == GB_OPERATION_HOLD
                    : earlier == GB_OPERATION_PAYOUT || earlier == GB_OPERATION_CHARGE ||
                          earlier == GB_OPERATION_CAPTURE)
            return i;
    }
    return -1;
}

static void plan_command(struct history *h, int busy)
{
    struct command command = {.kind = draw_kind(h), .about = -1, .payee = GB_NO_ACCOUNT};
    command.node = draw(h, 10) < 6 ? busy : (int)draw(h, NODES_MAX);
    command.account = draw(h, 4) == 0;
    command.starts_at_us = OPENING_US + (int64_t)draw(h, COMMANDS_US);
    command.amount = 1 + (int64_t)draw(h, draw(h, 4) == 0 ? 150 : 30);
    command.deadline_us = draw(h, 4) == 0 ? 400000 : 2000000;
    command.impatient = draw(h, 2) == 0;
    if (command.kind == GB_OPERATION_CAPTURE || command.kind == GB_OPERATION_VOID ||
        command.kind == GB_OPERATION_REFUND) {
        command.about = find_about(h, command.kind);
        if (command.about < 0)
            return;
        const struct command *about = &h->commands[command.about];
        command.node = about->node;
        command.account = about->account;
        command.starts_at_us = about->starts_at_us + (int64_t)draw(h, 1000000);
        command.amount = 1 + (int64_t)draw(h, (uint64_t)about->amount + 5);
    }
    if (command.kind == GB_OPERATION_TRANSFER)
        command.payee = 1 - command.account;
    command.tries_again_at_us = command.starts_at_us;
    h->commands[h->commands_count++] = command;
}

static void plan_duel(struct history *h)
{
    for (int n = 0; n < NODES_MAX; n++) {
        struct command command = {.kind = GB_OPERATION_PAYOUT, .about = -1, .node = n};
        command.payee = GB_NO_ACCOUNT;
        command.amount = h->opening[0] / 2 + 1 + (int64_t)draw(h, (uint64_t)h->opening[0] / 2);
        command.starts_at_us = command.tries_again_at_us = OPENING_US;
        command.deadline_us = 2000000;
        command.impatient = draw(h, 2) == 0;
        h->commands[h->commands_count++] = command;
    }
}

static void plan_faults(struct history *h)
{
    h->slow = chance(h, 3) ? (int)draw(h, NODES_MAX) : -1;
    for (int n = 0; n < NODES_MAX; n++) {
        uint64_t skew_us = chance(h, 4) ? 5000000 : 200000;
        h->skew_us[n] = h->calm ? 0 : (int64_t)draw(h, skew_us * 2) - (int64_t)skew_us;
        h->sweep_at_us[n] = OPENING_US + (int64_t)draw(h, 50000);
        if (chance(h, 3))
            h->cut_until_us[n] = OPENING_US + (int64_t)draw(h, 3000000);
    }
}

void plan_history(struct history *h)
{
    h->calm = draw(h, 2) == 0;
    h->duel = draw(h, 16) == 0;
    h->now_us = 0;
    h->faults_end_us = 4500000;
    h->settings = (struct gb_reserve_settings){.reask_after_us = 200000,
                                               .reask_backoff_us_max = 2000000,
                                               .ask_ttl_us = 2000000,
                                               .prefetch_max = h->policy.prefetch ? 1000 : 0,
                                               .low_water = h->policy.low_water ? 8 : 0,
                                               .skew_us_max = 1000000};
    for (int a = 0; a < ACCOUNTS_MAX; a++)
        h->opening[a] = 30 + (int64_t)draw(h, 300);
    plan_faults(h);
    int busy = (int)draw(h, NODES_MAX);
    int count = 6 + (int)draw(h, COMMANDS_MAX - 6);
    if (h->duel)
        plan_duel(h);
    while (!h->duel && count-- > 0)
        plan_command(h, busy);
}

void open_accounts(struct history *h)
{
    for (int n = 0; n < NODES_MAX; n++)
        node_init(&h->nodes[n], n, NODES_MAX);
    h->before = h->nodes[0];
    h->tx.books.settings = &h->settings;
    transaction_begin(&h->tx, &h->nodes[0], NODES_MAX, 0, ACCOUNTS_MAX);
    for (size_t a = 0; a < ACCOUNTS_MAX; a++) {
        const struct gb_opening opening = {h->opening[a], h->policy.even, GB_NO_LINK,
                                           GB_NO_OPERATION};
        if (!gb_ask_split_opening(&h->tx.books, a, &opening))
            breaks(h, "an account could not be opened");
    }
    transaction_finish(&h->tx, &h->nodes[0]);
    check_transaction(h, 0);
    post_effects(h, 0);
}
