#include "run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "request.h"
#include "runtime/clock.h"
#include "runtime/result.h"

enum { RECENT = 1024, SECOND_US = 1000000, CONNECT_MS = 20000 };

/* What is sent to one API. */
struct lane {
    const struct load_target *target;
    struct load_server *server;
    int64_t place;                      /* among the lanes */
    int64_t sent;                       /* open loop: also the number of the next one that is due */
    struct load_payment recent[RECENT]; /* answered lately: to be repeated */
    size_t recent_count;                /* so far, may be more than there is room for */
};

/* The request on a connection. */
struct flight {
    struct lane *lane;
    struct load_payment payment;
    int64_t due_us;
    bool repeat;
};

struct run {
    const struct load_options *options;
    const struct load_accounts *accounts;
    struct load_result *result;
    struct load_client client;
    struct lane lanes[LOAD_TARGETS_MAX];
    int64_t lanes_count;
    int64_t begin_us, measure_us, end_us; /* monotonic */
    int64_t on_the_way;
    uint64_t random; /* state */
    uint64_t turn;   /* payments so far */
    int64_t shown_at_us, shown_in_time;
};

static uint64_t next_random(struct run *run)
{
    run->random ^= run->random << 13;
    run->random ^= run->random >> 7;
    run->random ^= run->random << 17;
    return run->random;
}

static bool measured(const struct run *run, int64_t moment_us)
{
    return moment_us >= run->measure_us && moment_us < run->end_us;
}

/* When the next request of an open lane is due. */
static int64_t next_due_us(const struct run *run, const struct lane *lane)
{
    int64_t number = lane->sent * run->lanes_count + lane->place;
    return run->begin_us + number / run->options->rate * SECOND_US +
           number % run->options->rate * SECOND_US / run->options->rate;
}

static void keep_recent(struct run *run, const struct flight *flight)
{
    struct lane *lane = flight->lane;
    lane->recent[lane->recent_count++ % RECENT] = flight->payment;
    run->result->accepted++;
    run->result->accepted_minor_units += flight->payment.amount;
}

static void answered(void *context, struct load_connection *connection)
{
    struct run *run = context;
    struct load_result *result = run->result;
    const struct flight *flight = connection->user;
    int64_t now_us = gb_clock_mono_us();
    run->on_the_way--;
    if (connection->status == 0) {
        result->lost++;
        return;
    }
    result->statuses[connection->status]++;
    result->replayed += connection->replayed;
    if (connection->status / 100 != 2)
        return;
    if (!flight->repeat && run->options->kind != LOAD_BALANCE)
        keep_recent(run, flight);
    if (measured(run, now_us))
        result->in_time++;
    if (measured(run, flight->due_us))
        load_histogram_add(&result->latency, now_us - flight->due_us);
}

static const char *choose_account(struct run *run, uint64_t dice)
{
    uint64_t choice = run->options->in_turn ? run->turn++ : dice;
    return run->accounts->ids[choice % run->accounts->count];
}

static void choose_payment(struct run *run, struct flight *flight)
{
    struct lane *lane = flight->lane;
    size_t known = lane->recent_count < RECENT ? lane->recent_count : RECENT;
    uint64_t dice = next_random(run);
    flight->repeat = known > 0 && (int64_t)(dice % 100) < run->options->repeats_percent;
    if (flight->repeat) {
        flight->payment = lane->recent[(dice >> 32) % known];
        run->result->repeats_sent++;
        return;
    }
    flight->payment = (struct load_payment){
        .key = gb_uuid_v7(),
        .account_id = choose_account(run, dice >> 16),
        .amount = 1 + (int64_t)((dice >> 8) % (uint64_t)run->options->amount_max),
    };
}

static void send_one(struct run *run, struct lane *lane, struct load_connection *connection,
                     int64_t due_us)
{
    struct flight *flight = connection->user;
    flight->lane = lane;
    flight->due_us = due_us;
    if (run->options->kind != LOAD_BALANCE) {
        choose_payment(run, flight);
        load_request_payment(connection, run->options, lane->target, &flight->payment);
    } else {
        flight->repeat = false;
        load_request_balance(connection, run->options, lane->target,
                             choose_account(run, next_random(run)));
    }
    lane->sent++;
    run->on_the_way++;
    run->result->due += measured(run, due_us);
    load_client_send(&run->client, connection);
}

/* Sends what is due. Returns when to look again. */
static int64_t feed(struct run *run, struct lane *lane, int64_t now_us)
{
    bool open = run->options->rate > 0;
    for (;;) {
        int64_t due_us = open ? next_due_us(run, lane) : now_us;
        if (due_us >= run->end_us)
            return INT64_MAX;
        if (due_us > now_us)
            return lane->server->idle_first != NULL ? due_us : INT64_MAX;
        struct load_connection *connection = load_client_take(lane->server);
        if (connection == NULL)
            return INT64_MAX;
        send_one(run, lane, connection, due_us);
    }
}

static void show(struct run *run, int64_t now_us)
{
    if (now_us < run->shown_at_us + SECOND_US || !isatty(STDERR_FILENO))
        return;
    int64_t answers = run->result->in_time - run->shown_in_time;
    fprintf(stderr,
            "\r%4" PRId64 " s  %8" PRId64 " answers/s  p99 %6" PRId64 " us  on the way %5" PRId64
            " ",
            (now_us - run->begin_us) / SECOND_US, answers * SECOND_US / (now_us - run->shown_at_us),
            load_histogram_at(&run->result->latency, 9900), run->on_the_way);
    run->shown_at_us = now_us;
    run->shown_in_time = run->result->in_time;
}

static bool backlog(const struct run *run)
{
    if (run->options->rate == 0)
        return false;
    for (int64_t i = 0; i < run->lanes_count; i++)
        if (next_due_us(run, &run->lanes[i]) < run->end_us)
            return true;
    return false;
}

static void drive(struct run *run)
{
    int64_t give_up_us = run->end_us + run->options->drain_s * SECOND_US;
    for (;;) {
        int64_t now_us = gb_clock_mono_us(), until_us = run->end_us;
        for (int64_t i = 0; i < run->lanes_count; i++) {
            int64_t next_us = feed(run, &run->lanes[i], now_us);
            until_us = next_us < until_us ? next_us : until_us;
        }
        show(run, now_us);
        if (now_us >= run->end_us) {
            if ((run->on_the_way == 0 && !backlog(run)) || now_us >= give_up_us)
                return;
            until_us = give_up_us;
        }
        (void)load_client_wait(&run->client, until_us, answered, run);
    }
}

/* What was due and never sent, because all connections were busy to the end. */
static void count_unsent(struct run *run)
{
    for (int64_t i = 0; i < run->lanes_count && run->options->rate > 0; i++) {
        struct lane *lane = &run->lanes[i];
        for (int64_t due_us; (due_us = next_due_us(run, lane)) < run->end_us; lane->sent++) {
            run->result->unsent++;
            run->result->due += measured(run, due_us);
        }
    }
}

static int64_t own_cpu_us(void)
{
    struct rusage usage;
    GB_CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * (int64_t)SECOND_US +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static void set_clock(struct run *run)
{
    const struct load_options *options = run->options;
    run->begin_us = run->shown_at_us = gb_clock_mono_us();
    run->measure_us = run->begin_us + options->warmup_s * SECOND_US;
    run->end_us = run->measure_us + options->duration_s * SECOND_US;
    run->result->measured_from_us = gb_clock_wall_us() + options->warmup_s * SECOND_US;
    run->result->ended_at_us = run->result->measured_from_us + options->duration_s * SECOND_US;
}

bool load_run(const struct load_options *options, struct load_server *servers,
              const struct load_accounts *accounts, struct load_result *ret)
{
    struct run *run = calloc(1, sizeof(*run));
    size_t connections = (size_t)options->connections;
    struct flight *flights = calloc(connections, sizeof(*flights));
    GB_CHECK(run != NULL && flights != NULL);
    *ret = (struct load_result){0};
    run->options = options;
    run->accounts = accounts;
    run->result = ret;
    run->lanes_count = (int64_t)options->targets_count;
    gb_random(&run->random, sizeof(run->random));
    run->random |= 1;
    for (int64_t i = 0; i < run->lanes_count; i++) {
        run->lanes[i].target = &options->targets[i];
        run->lanes[i].server = &servers[i];
        run->lanes[i].place = i;
    }
    bool good =
        load_client_open(&run->client, servers, options->targets_count, connections, CONNECT_MS);
    for (size_t i = 0; i < connections; i++)
        run->client.connections[i].user = &flights[i];
    if (good) {
        int64_t cpu_us = own_cpu_us();
        set_clock(run);
        drive(run);
        count_unsent(run);
        ret->unanswered = run->on_the_way;
        ret->cpu_us = own_cpu_us() - cpu_us;
    }
    load_client_close(&run->client);
    free(flights);
    free(run);
    return good;
}
