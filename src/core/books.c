#include "core/books.h"

#include "core/ask.h"
#include "core/spend.h"
#include "core/wish.h"

void gb_books_begin(struct gb_books *books)
{
    books->skew_alarm = false;
    books->credited = GB_NO_ACCOUNT;
    books->effects.entries_count = 0;
    books->effects.decisions_count = 0;
    books->effects.messages_count = 0;
    for (size_t i = 0; i < books->accounts_count; i++) {
        struct gb_account *account = &books->accounts[i];
        GB_CORE_CHECK(i == 0 || account[-1].no.value < account->no.value);
        GB_CORE_CHECK(gb_share_sound(&account->share) && account->links_count <= GB_PEERS_MAX);
        account->changed = account->credited = account->needs_payee = account->hurry = false;
        account->taken_before = account->share.debits_total + account->share.held;
        for (size_t k = 0; k < account->links_count; k++) {
            struct gb_link *link = &account->links[k];
            GB_CORE_CHECK(gb_link_sound(link));
            link->changed = link->owes_reply = link->reply_asked = link->reask_due = false;
        }
    }
}

size_t gb_books_find(const struct gb_books *books, struct gb_account_no no)
{
    size_t low = 0, high = books->accounts_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (books->accounts[middle].no.value < no.value)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < books->accounts_count && books->accounts[low].no.value == no.value;
    return found ? low : GB_NO_ACCOUNT;
}

static void mark_credited(struct gb_books *books, size_t index)
{
    struct gb_account *account = &books->accounts[index];
    if (account->credited)
        return;
    account->credited = true;
    account->credited_next = books->credited;
    books->credited = index;
}

/* What did not fit under the cap stayed in flight. */
static bool has_arrivals(const struct gb_account *account)
{
    for (size_t i = 0; i < account->links_count; i++) {
        if (account->links[i].granted_total > account->links[i].in_total)
            return true;
    }
    return false;
}

bool gb_books_move(struct gb_books *books, size_t index, const struct gb_move *move)
{
    struct gb_effects *effects = &books->effects;
    struct gb_account *account = &books->accounts[index];
    int64_t available = gb_share_available(&account->share), balance = account->share.balance;
    struct gb_entry entry;
    if (!gb_share_move(&account->share, move->kind, move->amount, books->now_us, &entry))
        return false;
    GB_CORE_CHECK(effects->entries_count < effects->entries_max);
    struct gb_effect_entry *effect = &effects->entries[effects->entries_count++];
    *effect =
        (struct gb_effect_entry){.entry = entry, .account = index, .operation = move->operation};
    if (move->link != GB_NO_LINK) {
        const struct gb_link *link = &account->links[move->link];
        effect->peer = link->peer;
        effect->link_out_total = link->out_total;
        effect->link_in_total = link->in_total;
    }
    account->changed = true;
    bool room = account->share.balance < balance && has_arrivals(account);
    if (gb_share_available(&account->share) > available || room)
        mark_credited(books, index);
    return true;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Takes into the share what the peers have granted, as far as it fits. */
static void take_arrivals(struct gb_books *books, size_t index)
{
    struct gb_account *account = &books->accounts[index];
    for (size_t i = 0; i < account->links_count; i++) {
        struct gb_link *link = &account->links[i];
        const struct gb_share *share = &account->share;
        int64_t amount =
            smaller(link->granted_total - link->in_total,
                    smaller(GB_BALANCE_MAX - share->balance, GB_TOTAL_MAX - share->in_total));
        if (amount == 0)
            continue;
        link->in_total += amount;
        link->changed = true;
        struct gb_move move = {GB_ENTRY_SHARE_IN, amount, GB_NO_OPERATION, i};
        bool moved = gb_books_move(books, index, &move);
        GB_CORE_CHECK(moved);
        enum gb_ask_action nothing;
        if (link->in_total >= link->ask_target)
            link->ask_state = gb_ask_next(link->ask_state, GB_ASK_FILL, &nothing);
    }
}

void gb_books_settle(struct gb_books *books)
{
    while (books->credited != GB_NO_ACCOUNT) {
        size_t index = books->credited;
        take_arrivals(books, index);
        struct gb_account *account = &books->accounts[index];
        /* Taking and paying may put it, and payees, on the list again. */
        books->credited = account->credited_next;
        account->credited = false;
        gb_spend_pay_waiters(books, index);
        gb_ask_serve_open(books, index);
    }
}

void gb_books_retry(struct gb_books *books, size_t account)
{
    mark_credited(books, account);
    gb_books_settle(books);
}

void gb_books_finish(struct gb_books *books)
{
    gb_books_settle(books);
    for (size_t i = 0; i < books->accounts_count; i++)
        gb_wish_finish(books, i);
    /* A refusal that freed a reservation may have let a peer's ask be served. */
    for (size_t i = 0; i < books->accounts_count; i++)
        gb_wish_tell(books, i);
}
