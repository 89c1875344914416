#include "desk.h"

#include <string.h>

static struct gb_share share_of(int64_t balance)
{
    struct gb_share share = gb_share_new();
    share.balance = share.credits_total = balance;
    share.version = 1;
    return share;
}

void desk_init(struct desk *desk, int64_t balance_of_first, int64_t balance_of_second)
{
    memset(desk, 0, sizeof(*desk));
    desk->settings = (struct gb_reserve_settings){.reask_after_us = 200,
                                                  .reask_backoff_us_max = 700,
                                                  .ask_ttl_us = 500,
                                                  .prefetch_max = 1000,
                                                  .skew_us_max = 5000};
    for (size_t a = 0; a < DESK_ACCOUNTS; a++) {
        struct gb_account *account = &desk->accounts[a];
        account->no.value = (int64_t)a + 7;
        account->currency = (struct gb_currency){"EUR"};
        account->share = share_of(a == 0 ? balance_of_first : balance_of_second);
        account->links = desk->links[a];
        account->links_count = DESK_LINKS;
        account->waiters = desk->waiters[a];
        account->waiters_max = DESK_WAITERS;
        desk->links[a][0].peer = (struct gb_dc){"dc2"};
        desk->links[a][1].peer = (struct gb_dc){"dc3"};
    }
    desk->books = (struct gb_books){.dc = {"dc1"},
                                    .now_us = NOW_US,
                                    .settings = &desk->settings,
                                    .accounts = desk->accounts,
                                    .accounts_count = DESK_ACCOUNTS,
                                    .effects = {.entries = desk->entries,
                                                .entries_max = DESK_EFFECTS,
                                                .decisions = desk->decisions,
                                                .decisions_max = DESK_EFFECTS,
                                                .messages = desk->messages,
                                                .messages_max = DESK_EFFECTS}};
    gb_books_begin(&desk->books);
}

void desk_next(struct desk *desk)
{
    gb_books_finish(&desk->books);
    gb_books_begin(&desk->books);
}

enum gb_operation_state desk_spend(struct desk *desk, enum gb_operation_kind kind, int64_t amount,
                                   size_t operation)
{
    struct gb_spend spend = {.kind = kind,
                             .operation = operation,
                             .amount = amount,
                             .deadline_us = desk->books.now_us + 1000,
                             .payee = kind == GB_OPERATION_TRANSFER ? 1 : GB_NO_ACCOUNT};
    return gb_spend(&desk->books, 0, &spend, &desk->refusal);
}

struct gb_reply desk_reply(const struct gb_link *link, int64_t balance, int64_t granted)
{
    struct gb_share share = share_of(balance);
    share.out_total = granted;
    share.credits_total += granted;
    share.version = link->hint_version + 1;
    return (struct gb_reply){
        .ask_seq = link->ask_seq, .round = 1, .share = share, .link_out_total = granted};
}

struct gb_ask desk_ask(int64_t seq, int64_t target, int64_t clock_us)
{
    return (struct gb_ask){.ask_seq = seq,
                           .ask_target = target,
                           .priority = {clock_us, {"dc2"}},
                           .round = 1,
                           .ttl_us = 500,
                           .clock_us = clock_us};
}
