/* sweep_round.h: one round of the sweeper, without thread and clock. Inside src/consumer. */
#ifndef GB_CONSUMER_SWEEP_ROUND_H
#define GB_CONSUMER_SWEEP_ROUND_H

#include "db/pg.h"
#include "engine/engine.h"
#include "runtime/metrics.h"

#define GB_SWEEP_PEERS_MAX 64
/* Accounts, and overdue pay-ins, of one round. */
#define GB_SWEEP_ITEMS_MAX 500
/* Reasons that say that the money is not there. */
#define GB_SWEEP_DENIALS 3

/* How fast the replay goes that runs. */
struct gb_replay_pace {
    struct gb_uuid proposal_id;
    int64_t at_us;  /* monotonic: up to here the credit is counted */
    int64_t credit; /* dead letters that may go, in millionths */
};

struct gb_sweeper {
    struct gb_dc dc;
    bool is_catalogue;
    const char *peers[GB_SWEEP_PEERS_MAX]; /* codes of the other datacenters */
    size_t peers_count;
    struct gb_engine *engine;
    struct gb_arena *arena;
    struct gb_wake_sender *wake; /* may be NULL */
    int32_t incarnation;         /* 0: not read yet */
    int64_t after_account_no;    /* the last round ended here; 0: at the end of the list */
    int32_t partitions;          /* of each topic */
    struct gb_replay_pace pace;
    int64_t letters_keep_us; /* settled dead letters are kept so long; 0: for ever */
    struct gb_metric *judged[GB_SWEEP_DENIALS], *false_denials[GB_SWEEP_DENIALS], *unjudged;
};

/* Makes us the only sweeper, for as long as the connection lives. *ret_leads false: another one is.
 */
enum gb_result gb_sweep_try_lead(struct gb_sweeper *sweeper, struct gb_pg *pg, bool *ret_leads,
                                 struct gb_err *err) GB_MUST_USE;

/* The next accounts of status_pending. */
enum gb_result gb_sweep_statuses(struct gb_sweeper *sweeper, struct gb_pg *pg,
                                 struct gb_err *err) GB_MUST_USE;

/* Overdue pay-ins that fit by now. *ret_left: how many are overdue afterwards. */
enum gb_result gb_sweep_overdue(struct gb_sweeper *sweeper, struct gb_pg *pg, int64_t *ret_left,
                                struct gb_err *err) GB_MUST_USE;

/* What waits for money: deadlines that have passed, asks to be sent again. *ret_count: for how many
 * accounts; GB_SWEEP_ITEMS_MAX: there may be more. */
enum gb_result gb_sweep_waiting(struct gb_sweeper *sweeper, struct gb_pg *pg, int64_t now_us,
                                size_t *ret_count, struct gb_err *err) GB_MUST_USE;

/* Refusals for want of money: was it there? Told as soon as the ledgers of all datacenters are here
 * up to a moment after them. Init once: the metrics. */
void gb_sweep_denials_init(struct gb_sweeper *sweeper);
enum gb_result gb_sweep_denials(struct gb_sweeper *sweeper, struct gb_pg *pg, int64_t now_us,
                                struct gb_err *err) GB_MUST_USE;

/* Open holds whose time is over. *ret_count: how many; GB_SWEEP_ITEMS_MAX: there may be more. */
enum gb_result gb_sweep_holds(struct gb_sweeper *sweeper, struct gb_pg *pg, int64_t now_us,
                              size_t *ret_count, struct gb_err *err) GB_MUST_USE;

/* RUNNING proposals: moves their next dead letters, as many as rate, window and the outbox allow.
 * *ret_running: how many there are. */
enum gb_result gb_sweep_proposals(struct gb_sweeper *sweeper, struct gb_pg *pg, int64_t now_us,
                                  size_t *ret_running, struct gb_err *err) GB_MUST_USE;

/* Removes dead letters that were replayed or parked too long ago, at most GB_SWEEP_ITEMS_MAX.
 * *ret_count: how many. */
enum gb_result gb_sweep_letters(struct gb_sweeper *sweeper, struct gb_pg *pg, int64_t now_us,
                                size_t *ret_count, struct gb_err *err) GB_MUST_USE;

/* Is this minute of the day within the window [from, to), which may go over midnight? */
bool gb_window_open(int from, int to, int minute);
/* How many may go now, at most `max`, at `rate_per_s`; takes them off the credit. */
int32_t gb_replay_pace_take(struct gb_replay_pace *pace, struct gb_uuid proposal_id,
                            int64_t rate_per_s, int32_t max, int64_t mono_us);
/* So many of those that were taken did not go. */
void gb_replay_pace_give_back(struct gb_replay_pace *pace, int32_t count);

/* Accounts that close, or that money moved back to CLOSING; at the catalogue's datacenter only. */
enum gb_result gb_close_accounts(struct gb_sweeper *sweeper, struct gb_pg *pg,
                                 const int64_t *account_nos, size_t count,
                                 struct gb_err *err) GB_MUST_USE;

#endif
