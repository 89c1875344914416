#include "rules.h"

#include <string.h>

/* Which way each kind of entry moves balance and held, by kind: written out once more. */
static const signed char BALANCE[] = {0, 1, -1, -1, 1, 0, 0, -1, 0, 0, 0, -1, 1, -1, 1, 1};
static const signed char HELD[] = {0, 0, 0, 0, 0, 0, 1, -1, -1, -1, -1, 0, 0, 0, 0, 0};

static const char *rules_of_wishes(const struct stored_account *account, int nodes)
{
    bool waits = false;
    int asks = 0, top_ups = 0;
    int64_t available = account->share.balance - account->share.held;
    int64_t missing = -available;
    for (size_t i = 0; i < account->waiters_count; i++) {
        const struct gb_waiter *waiter = &account->waiters[i];
        if (!gb_spend_permitted(&(struct gb_account){.share = account->share}, waiter) ||
            waiter->kind == GB_OPERATION_TRANSFER)
            continue;
        waits = true;
        missing += waiter->amount;
        if (waiter->amount <= available)
            return "step 5: an operation waits although the money is here";
        if (i > 0 && waiter->clock_us <= account->waiters[i - 1].clock_us)
            return "waiting operations are not in age order";
    }
    for (int i = 0; i < nodes - 1; i++) {
        const struct gb_link *link = &account->links[i];
        asks += link->ask_target > link->in_total;
        top_ups += link->ask_state == GB_ASK_OPEN && link->ask_round == 0;
    }
    if (account->waiters_count == 0 && (asks != top_ups || top_ups > 1))
        return "an ask is open although nothing waits, or more than one top-up is";
    if (account->waiters_count > 0 && top_ups > 0)
        return "an ask says that nobody waits";
    if (nodes > 1 && waits && missing > 0 && asks == 0)
        return "something waits and nobody is asked";
    return NULL;
}

const char *rules_of_account(const struct stored_account *account, int nodes, int number)
{
    const struct gb_share *share = &account->share;
    int64_t out = 0, in = 0;
    if (share->balance < 0 || share->held < 0 || share->held > share->balance)
        return "I4: a balance is negative, or more is held than there is";
    if (share->balance !=
        share->credits_total - share->debits_total - share->out_total + share->in_total)
        return "I2: balance is not credits - debits - out + in";
    for (int i = 0; i < nodes - 1; i++) {
        const struct gb_link *link = &account->links[i];
        if (!gb_link_sound(link) || !gb_dc_equal(link->peer, dc_of(peer_of(number, (size_t)i))))
            return "a link is not sound";
        out += link->out_total;
        in += link->in_total;
    }
    if (out != share->out_total || in != share->in_total)
        return "I2b: a share's totals are not the sums over its links";
    return rules_of_wishes(account, nodes);
}

const char *rules_of_link(const struct gb_link *sender, const struct gb_link *receiver)
{
    if (receiver->in_total < 0 || receiver->in_total > sender->out_total)
        return "I3: more was received than granted";
    if (receiver->granted_total > sender->out_total)
        return "I3: a grant is believed that was never made";
    if (sender->peer_in_total > receiver->in_total)
        return "I3: a receipt is believed that never was";
    return NULL;
}

const char *rules_of_change(const struct stored_account *before, const struct stored_account *after)
{
    const struct gb_share *a = &before->share, *b = &after->share;
    if (b->version < a->version || b->credits_total < a->credits_total ||
        b->debits_total < a->debits_total || b->out_total < a->out_total ||
        b->in_total < a->in_total)
        return "I3: a total or version of a share went down";
    for (size_t i = 0; i < LINKS_MAX; i++) {
        const struct gb_link *c = &before->links[i], *d = &after->links[i];
        if (d->out_total < c->out_total || d->in_total < c->in_total ||
            d->peer_in_total < c->peer_in_total || d->granted_total < c->granted_total)
            return "I3: a total of a link went down";
        if (d->ask_seq < c->ask_seq || d->peer_ask_seq < c->peer_ask_seq ||
            d->clock_us < c->clock_us || d->hint_version < c->hint_version)
            return "I3: a sequence or clock went down";
        if (d->ask_target != c->ask_target && d->ask_seq == c->ask_seq)
            return "an ask changed under the same sequence";
    }
    return NULL;
}

const char *rules_of_entries(const struct node *before, const struct node *after,
                             const struct transaction *tx)
{
    struct gb_share last[ACCOUNTS_MAX];
    for (size_t a = 0; a < tx->books.accounts_count; a++)
        last[a] = before->accounts[tx->accounts[a].no.value - 1].share;
    for (size_t i = 0; i < tx->books.effects.entries_count; i++) {
        const struct gb_effect_entry *effect = &tx->entries[i];
        const struct gb_entry *entry = &effect->entry;
        struct gb_share *share = &last[effect->account];
        if (entry->after.version != share->version + 1)
            return "I6: versions have a gap";
        if (entry->after.balance != share->balance + BALANCE[entry->kind] * entry->amount ||
            entry->after.held != share->held + HELD[entry->kind] * entry->amount)
            return "I6: an entry does not recompute";
        *share = entry->after;
    }
    for (size_t a = 0; a < tx->books.accounts_count; a++) {
        const struct gb_share *share = &after->accounts[tx->accounts[a].no.value - 1].share;
        if (last[a].version != share->version || last[a].balance != share->balance ||
            last[a].held != share->held || last[a].debits_total != share->debits_total)
            return "I6: the last entry is not the share";
    }
    return NULL;
}

static bool passes_older(const struct stored_account *account, const struct gb_waiter *paid)
{
    for (size_t i = 0; i < account->waiters_count; i++) {
        const struct gb_waiter *waiter = &account->waiters[i];
        if (waiter->clock_us < paid->clock_us && waiter->amount <= paid->amount &&
            waiter->kind != GB_OPERATION_TRANSFER)
            return true;
    }
    return false;
}

const char *rules_of_age(const struct node *after, const struct transaction *tx)
{
    for (size_t i = 0; i < tx->books.effects.decisions_count; i++) {
        const struct gb_effect_decision *decision = &tx->decisions[i];
        int64_t number = tx->accounts[decision->account].no.value;
        if (decision->state != GB_STATE_REFUSED &&
            passes_older(&after->accounts[number - 1], &decision->waiter))
            return "step 5: paid past an older operation that needs no more";
    }
    return NULL;
}

static bool spends(const struct transaction *tx, size_t account)
{
    for (size_t i = 0; i < tx->books.effects.entries_count; i++) {
        const struct gb_effect_entry *effect = &tx->entries[i];
        if (effect->account == account &&
            (BALANCE[effect->entry.kind] < 0 || HELD[effect->entry.kind] > 0) &&
            effect->entry.kind != GB_ENTRY_SHARE_OUT)
            return true;
    }
    return false;
}

static const char *rules_of_top_up(const struct stored_account *before,
                                   const struct stored_account *after,
                                   const struct gb_effect_message *message)
{
    const struct gb_link *link = &after->links[message->link];
    int64_t available = after->share.balance - after->share.held;
    for (size_t i = 0; i < LINKS_MAX; i++) {
        if (before->links[i].ask_target > after->links[i].in_total)
            return "a top-up beside another ask, or again";
    }
    if (message->ask.ask_target - link->in_total != 1)
        return "a top-up asks for more than the least";
    if (link->hint <= 4 * available)
        return "a top-up from a peer that is hardly richer: the money would come and go";
    return NULL;
}

const char *rules_of_asks(const struct node *before, const struct node *after,
                          const struct transaction *tx)
{
    const char *broken = NULL;
    for (size_t i = 0; i < tx->books.effects.messages_count && broken == NULL; i++) {
        const struct gb_effect_message *message = &tx->messages[i];
        int64_t at = tx->accounts[message->account].no.value - 1;
        const struct stored_account *account = &after->accounts[at];
        if (message->is_reply)
            continue;
        bool wishes = message->ask.ask_target > account->links[message->link].in_total;
        bool waits = account->waiters_count > 0;
        int64_t oldest_us = waits ? account->waiters[0].clock_us : GB_CLOCK_LAST;
        if (message->ask.priority.clock_us != oldest_us)
            return "an ask has another priority than the oldest that waits";
        if (wishes && !waits && !spends(tx, message->account))
            return "a top-up although nothing was spent";
        if (wishes && !waits)
            broken = rules_of_top_up(&before->accounts[at], account, message);
    }
    return broken;
}

static int64_t older_than(const struct node *node, const struct gb_ask *ask)
{
    const struct stored_account *account = &node->accounts[0];
    int64_t sum = 0;
    for (size_t i = 0; i < account->waiters_count; i++) {
        const struct gb_waiter *waiter = &account->waiters[i];
        bool tie = waiter->clock_us == ask->priority.clock_us;
        if (waiter->clock_us < ask->priority.clock_us ||
            (tie && node->number < number_of(ask->priority.dc)))
            sum += waiter->amount;
    }
    return sum;
}

const char *rules_of_grant(const struct node *before, const struct node *after, size_t at,
                           const struct gb_ask *ask, bool stale)
{
    const struct stored_account *account = &before->accounts[0];
    const struct gb_link *link = &account->links[at];
    int64_t want = ask->ask_target - link->out_total;
    int64_t available = account->share.balance - account->share.held;
    int64_t left = available - older_than(before, ask);
    int64_t granted = after->accounts[0].links[at].out_total - link->out_total;
    if (stale || ask->ask_seq < link->peer_ask_seq)
        return granted == 0 ? NULL : "step 3: granted to an ask that is stale or known to be old";
    if (want <= 0 || left <= 0)
        return granted == 0 ? NULL : "step 3: granted where nothing was wanted, or nothing left";
    int64_t least = want < left ? want : left;
    if (granted < least)
        return "step 3: kept back for a younger operation";
    if (granted == least)
        return NULL;
    if (want > left || account->waiters_count > 0)
        return "step 3: prefetch on an ask that is not filled, or past an operation that waits";
    return granted - want <= (left - want) / 2 ? NULL : "step 3: prefetch of more than half";
}
