/* The broker: it confirms and loses, repeats, reorders, forgets and starts anew. */
#include <string.h>

#include "world.h"

/* What no longer fits makes the oldest go, as retention does. */
static void make_room(struct log *log)
{
    if (log->end < LOG_MAX)
        return;
    int gone = log->start > LOG_MAX / 2 ? log->start : LOG_MAX / 2;
    memmove(&log->records[0], &log->records[gone],
            sizeof(log->records[0]) * (size_t)(LOG_MAX - gone));
    log->base += gone;
    log->end -= gone;
    log->start = log->start > gone ? log->start - gone : 0;
}

void append(struct world *w, int partition, struct record record)
{
    struct log *log = &w->logs[partition];
    if (chance(w, 15)) { /* confirmed and lost */
        w->totals->lost++;
        return;
    }
    for (int times = chance(w, 20) ? 2 : 1; times > 0; times--) {
        make_room(log);
        log->records[log->end++] = record;
    }
    if (log->end - log->start >= 2 && chance(w, 15)) {
        struct record other = log->records[log->end - 2];
        log->records[log->end - 2] = log->records[log->end - 1];
        log->records[log->end - 1] = other;
    }
}

void deliver(struct world *w, int at)
{
    struct publisher *publisher = &w->publishers[at];
    if (publisher->queued == 0)
        return;
    struct under_way first = publisher->queue[0];
    publisher->queued--;
    memmove(&publisher->queue[0], &publisher->queue[1],
            sizeof(publisher->queue[0]) * (size_t)publisher->queued);
    bool ok = !chance(w, 30);
    if (ok || chance(w, 2)) /* one that is reported as failed may be there */
        append(w, first.partition, first.record);
    if (ok)
        w->confirmed[first.partition] |= UINT64_C(1) << first.record.row;
    uint32_t part;
    struct gb_flight *flight = gb_flights_find(&w->flights[at], first.tag, &part);
    if (flight != NULL)
        gb_flight_reported(flight, part, ok);
}

void harm_log(struct world *w, int partition)
{
    struct log *log = &w->logs[partition];
    uint64_t length = (uint64_t)(log->end - log->start);
    if (length > 0 && chance(w, 100)) /* retention */
        log->start += (int)draw(w, length + 1);
    if (length > 0 && chance(w, 100)) { /* an unclean leader: the newest are gone */
        log->end -= (int)draw(w, length + 1);
        log->end = log->end < log->start ? log->start : log->end;
    }
    if (chance(w, 150)) { /* wiped or made anew; it may grow past old positions */
        log->base = 0;
        log->start = log->end = 0;
        w->totals->wiped++;
    }
}
