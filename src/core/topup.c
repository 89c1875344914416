#include "core/topup.h"

/* It comes from a peer that has more than so many times what is here. After it has given half it
 * has no less than two thirds of what is here then: it must spend before it could want any of it
 * back. */
enum { RICHER_TIMES = 4 };

static bool is_open(const struct gb_link *link)
{
    return link->ask_state == GB_ASK_OPEN && link->ask_round == 0;
}

static int64_t spent_of(const struct gb_account *account)
{
    return account->share.debits_total + account->share.held - account->taken_before;
}

bool gb_topup_is_low(const struct gb_reserve_settings *settings, int64_t spent, int64_t left)
{
    if (settings->low_water == 0 || settings->prefetch_max == 0)
        return false;
    return spent > left / settings->low_water;
}

static bool is_low(const struct gb_books *books, const struct gb_account *account)
{
    return account->share.status == GB_STATUS_OPEN &&
           gb_topup_is_low(books->settings, spent_of(account), gb_share_available(&account->share));
}

/* Nothing is open with anybody, nor was a moment ago. */
static bool is_quiet(const struct gb_books *books, const struct gb_account *account)
{
    for (size_t i = 0; i < account->links_count; i++) {
        const struct gb_link *link = &account->links[i];
        if (link->ask_state != GB_ASK_IDLE || books->now_us < link->reask_at_us)
            return false;
    }
    return true;
}

/* What a peer is believed to be able to spare; one that is silent is not asked for a while. */
static int64_t believed(const struct gb_books *books, const struct gb_link *link)
{
    bool silent = link->answers[0].ask_seq < link->ask_seq;
    bool lately = books->now_us < link->reask_at_us + books->settings->reask_backoff_us_max;
    return silent && lately ? 0 : link->hint;
}

/* GB_NO_LINK: nobody is so much richer that it would be worth a message. */
static size_t richer_peer(const struct gb_books *books, const struct gb_account *account)
{
    size_t best = GB_NO_LINK;
    int64_t most = 0;
    for (size_t i = 0; i < account->links_count; i++) {
        int64_t hint = believed(books, &account->links[i]);
        if (hint > most) {
            most = hint;
            best = i;
        }
    }
    bool richer = most / RICHER_TIMES > gb_share_available(&account->share);
    return richer && most / 2 >= spent_of(account) ? best : GB_NO_LINK;
}

void gb_topup_wish(const struct gb_books *books, size_t index, int64_t wishes[GB_PEERS_MAX])
{
    const struct gb_account *account = &books->accounts[index];
    for (size_t i = 0; i < account->links_count; i++) {
        const struct gb_link *link = &account->links[i];
        bool keeps = is_open(link) && books->now_us < link->reask_at_us;
        wishes[i] = keeps ? link->ask_target - link->in_total : 0;
    }
    if (!is_low(books, account) || !is_quiet(books, account))
        return;
    size_t peer = richer_peer(books, account);
    if (peer != GB_NO_LINK)
        wishes[peer] = 1;
}

void gb_topup_end(struct gb_account *account)
{
    for (size_t i = 0; i < account->links_count; i++) {
        struct gb_link *link = &account->links[i];
        if (!is_open(link))
            continue;
        link->ask_round = 1;
        link->reask_due = true;
    }
}
