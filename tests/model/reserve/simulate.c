#include "simulate.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SWEEP_US = 100000, REST_US_MAX = 60000000 };

/* xorshift64*: the same everywhere. */
uint64_t draw(struct history *h, uint64_t below)
{
    h->random ^= h->random >> 12;
    h->random ^= h->random << 25;
    h->random ^= h->random >> 27;
    return (h->random * UINT64_C(2685821657736338717) >> 33) % below;
}

bool chance(struct history *h, uint64_t one_in)
{
    return !h->calm && !h->healed && draw(h, one_in) == 0;
}

void say(const struct history *h, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (h->prints) {
        printf("%9" PRId64 " us  ", h->now_us);
        (void)vprintf(format, arguments);
        printf("\n");
    }
    va_end(arguments);
}

void breaks(struct history *h, const char *what)
{
    if (h->broken != NULL)
        return;
    h->broken = what;
    say(h, "BROKEN: %s", what);
}

static int next_command(const struct history *h)
{
    int next = -1;
    for (int i = 0; i < h->commands_count; i++) {
        const struct command *command = &h->commands[i];
        if (command->told != GB_STATE_NEW)
            continue;
        if (next < 0 || command->tries_again_at_us < h->commands[next].tries_again_at_us)
            next = i;
    }
    return next;
}

static int next_sweep(const struct history *h)
{
    int next = 0;
    for (int n = 1; n < NODES_MAX; n++) {
        if (h->sweep_at_us[n] < h->sweep_at_us[next])
            next = n;
    }
    return next;
}

/* The broker loses all it has: what streams owe they send again, asks are gone. */
static void wipe_log(struct history *h)
{
    say(h, "the log is wiped");
    for (int i = h->mail_count - 1; i >= 0; i--) {
        if (h->mail[i].is_reply)
            h->mail[i].arrives_at_us = INT64_MAX;
        else
            h->mail[i] = h->mail[--h->mail_count];
    }
}

static void do_mail(struct history *h, int at)
{
    struct mail *mail = &h->mail[at];
    if (mail->arrives_at_us != INT64_MAX) {
        hear_mail(h, at);
    } else if (!mail->is_reply) {
        h->mail[at] = h->mail[--h->mail_count]; /* a lost ask; the next one will do */
    } else if (is_cut(h, mail->from, mail->to)) {
        mail->resend_at_us = h->now_us + SWEEP_US;
    } else {
        mail->arrives_at_us = h->now_us + 1000 + (int64_t)draw(h, 20000);
    }
}

static void do_sweep(struct history *h, int node)
{
    h->sweep_at_us[node] += SWEEP_US;
    if (chance(h, 400))
        wipe_log(h);
    if (!chance(h, 5)) /* else there is no leader now */
        sweep(h, node);
}

/* What comes first: a client, a message, or time itself. */
static void step(struct history *h)
{
    int command = next_command(h), mail = next_mail(h), node = next_sweep(h);
    int64_t command_us = command < 0 ? INT64_MAX : h->commands[command].tries_again_at_us;
    int64_t mail_us = INT64_MAX;
    if (mail >= 0)
        mail_us = h->mail[mail].arrives_at_us == INT64_MAX ? h->mail[mail].resend_at_us
                                                           : h->mail[mail].arrives_at_us;
    int64_t sweep_us = h->sweep_at_us[node];
    int64_t at_us = mail_us < sweep_us ? mail_us : sweep_us;
    at_us = command_us < at_us ? command_us : at_us;
    h->now_us = at_us > h->now_us ? at_us : h->now_us;
    h->healed = h->healed || h->now_us >= h->faults_end_us;
    if (command_us == at_us)
        start_commands(h, command);
    else if (mail_us == at_us)
        do_mail(h, mail);
    else
        do_sweep(h, node);
}

const char *run_history(uint64_t seed, struct policy policy, bool prints, struct figures figures[2])
{
    static struct history h;
    memset(&h, 0, offsetof(struct history, mail));
    h.mail_count = 0;
    h.broken = NULL;
    h.random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    h.seed = seed;
    h.policy = policy;
    h.prints = prints;
    plan_history(&h);
    h.figures = &figures[h.calm];
    open_accounts(&h);
    while (h.broken == NULL && !is_at_rest(&h)) {
        step(&h);
        if (h.now_us > REST_US_MAX)
            breaks(&h, "did not come to rest");
    }
    if (h.broken == NULL)
        check_rest(&h);
    return h.broken;
}
