#include "simulate.h"

enum { RESEND_US = 300000 };

bool is_cut(const struct history *h, int a, int b)
{
    return h->cut_until_us[a] > h->now_us || h->cut_until_us[b] > h->now_us;
}

static int64_t latency_us(struct history *h, int from, int to)
{
    int64_t us = 500 + (int64_t)draw(h, 10000);
    if (chance(h, 20)) /* so that any order is possible */
        us += (int64_t)draw(h, 1500000);
    return from == h->slow || to == h->slow ? us * 10 : us;
}

static void send(struct history *h, const struct mail *letter)
{
    if (h->mail_count == MAIL_MAX) {
        breaks(h, "the model has too little room for messages");
        return;
    }
    struct mail *mail = &h->mail[h->mail_count++];
    *mail = *letter;
    mail->arrives_at_us = h->now_us + latency_us(h, letter->from, letter->to);
    mail->resend_at_us = h->now_us + RESEND_US;
    if (is_cut(h, letter->from, letter->to) || chance(h, 8)) /* lost; a stream sends it again */
        mail->arrives_at_us = INT64_MAX;
}

void post_effects(struct history *h, int node)
{
    for (size_t i = 0; i < h->tx.books.effects.messages_count; i++) {
        const struct gb_effect_message *message = &h->tx.messages[i];
        struct mail mail = {.from = node,
                            .to = peer_of(node, message->link),
                            .account = (size_t)h->tx.accounts[message->account].no.value - 1,
                            .is_reply = message->is_reply,
                            .ask = message->ask,
                            .reply = message->reply};
        h->figures->messages++;
        h->figures->top_ups += !message->is_reply &&
                               message->ask.priority.clock_us == GB_CLOCK_LAST &&
                               message->ask.ask_target > message->ask.asker_in_total;
        send(h, &mail);
        if (chance(h, 10))
            send(h, &mail);
    }
}

static void forget(struct history *h, int at)
{
    h->mail[at] = h->mail[--h->mail_count];
}

void take_mail(struct history *h, int at, bool applied)
{
    struct mail *mail = &h->mail[at];
    if (!applied) { /* died before the commit: it is read again */
        mail->arrives_at_us = h->now_us + 50000;
        return;
    }
    if (mail->is_reply && chance(h, 6)) { /* the acknowledgement is lost: it comes again */
        mail->arrives_at_us = INT64_MAX;
        mail->resend_at_us = h->now_us + RESEND_US;
        return;
    }
    forget(h, at);
}

/* The next message that arrives, or is sent again, sets the pace; -1: none. */
int next_mail(const struct history *h)
{
    int next = -1;
    int64_t at_us = INT64_MAX;
    for (int i = 0; i < h->mail_count; i++) {
        const struct mail *mail = &h->mail[i];
        bool lost = mail->arrives_at_us == INT64_MAX;
        int64_t due_us = lost ? mail->resend_at_us : mail->arrives_at_us;
        if (due_us < at_us) {
            at_us = due_us;
            next = i;
        }
    }
    return next;
}
