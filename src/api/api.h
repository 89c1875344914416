/* api.h: one process of geobill-api, one request in it, and the ways a request goes.
 *
 *   server threads   route, authenticate from the cache, parse, validate; never wait for anything
 *   intake lane      one thread and connection: all pay-ins that queued up, and refunds that are
 *                    decided elsewhere, in one commit
 *   commands lane    one thread, connection and engine: all other commands about money that queued
 *                    up, in one commit
 *   apart lane       the same for what must not be mixed with others: atomic batches,
 *                    dry runs
 *   balances lane    one thread and connection: all balances that queued up, in one round trip
 *   waiter           one thread and connection: requests that wait for their outcome
 *   reader lanes     [api] readers threads, each with a connection and an HTTP client: everything
 * else
 *
 * A request belongs to one of them at a time; handing it over is giving it away. */
#ifndef GB_API_API_H
#define GB_API_API_H

#include <stdatomic.h>

#include "api/client_cache.h"
#include "api/error_table.h"
#include "api/learnt_accounts.h"
#include "api/settings.h"
#include "core/kinds.h"
#include "core/money.h"
#include "db/pg.h"
#include "engine/engine.h"
#include "http/client.h"
#include "http/server.h"
#include "runtime/metrics.h"
#include "runtime/queue.h"
#include "runtime/trace.h"
#include "runtime/uuid.h"
#include "runtime/wake.h"

struct gb_api;
struct gb_api_batched;
struct gb_api_request;

/* A reader lane, as seen by the work that runs in it. */
struct gb_api_lane {
    struct gb_api *api;
    struct gb_pg *pg; /* usable when work begins */
    struct gb_http_client *client;
    struct gb_arena *arena;   /* reset before each try */
    struct gb_engine *engine; /* at the catalogue's datacenter, for openings; elsewhere NULL */
};

/* Work of a lane for one request. GB_OK: the request was answered or given away. Otherwise nothing
 * has been answered; the lane connects anew where needed and tries once more on GB_RETRY, then
 * answers 503, or 500 on other failures: so the work must bear being done twice. */
typedef enum gb_result gb_api_work(struct gb_api_lane *lane, struct gb_api_request *request,
                                   struct gb_err *err);

struct gb_api_route {
    const char *method;
    const char *path; /* "{id}" is one part, "{key}" all that is left */
    enum gb_role role;
    enum gb_operation_kind kind; /* of a command about money; 0: it is none */
    /* On the server's thread, after authentication: reads the request. False: it has been answered
     * or given away. NULL: nothing to read. */
    bool (*prepare)(struct gb_api_request *request);
    gb_api_work *work; /* in a lane; NULL: `prepare` gives it away */
    const char *query; /* the parameters it takes, "a b c" */
};

/* A command about money on its way. Text is in the request's arena or literal. */
struct gb_api_command {
    enum gb_operation_kind kind;
    enum gb_operation_state state;
    struct gb_dc owner; /* of the key */
    struct gb_currency currency;
    const char *account_id;       /* of a transfer the payer; of a capture and a void the hold's */
    const char *payee_account_id; /* of a transfer; NULL: none */
    const char *service_id;       /* of a charge; NULL: none */
    int64_t price_version;        /* the same; 0: not known yet */
    const char *original_key;     /* of a refund; NULL: none */
    int64_t amount;               /* 0: of the whole hold, or the service's price */
    const char *reference;        /* NULL: none */
    const char *metadata;         /* canonical JSON; NULL: none */
    struct gb_api_account known;  /* number 0: only the database knows */
    struct gb_api_account payee;  /* the same of the payee */
    struct gb_uuid hold_id;       /* of a hold: what it is called; of a capture, a void: which */
    int64_t expires_in_s;         /* of a hold */
    int64_t expires_at_us;        /* of a hold: wall clock */
    int64_t created_at_us;        /* wall clock; in a batch each has its own */
    int64_t decided_at_us;        /* 0: not decided */
    const char *reason;           /* of state REFUSED: a code of the error table */
    const char *facts;            /* of a refusal: what was known, JSON; NULL: nothing */
    int64_t until_us;             /* monotonic: how long the caller listens; past: not at all */
    int64_t deadline_ms;          /* of what may wait for money: how long */
    int64_t due_us; /* the same: monotonic, when it should have been decided at the latest */
    bool relayed;   /* the owner is another datacenter */
    bool learnt;    /* an account is from the catalogue's API: not replicated to here yet */
    bool replayed;
    bool done;        /* of a pay-in: the intake has answered or given it away */
    bool dry_run;     /* is answered as it would be now; nothing is written */
    bool never_waits; /* in an atomic batch: is decided now */
    bool patient;     /* of what may wait: it does until its deadline, whatever is known */
    bool pressed;     /* the same: was sent to be decided, after due_us */
};

struct gb_api_request {
    struct gb_api *api;
    struct gb_http_request *http;
    struct gb_arena *arena; /* the HTTP request's: small */
    const struct gb_api_route *route;
    const char *subject; /* the variable part of the path; "" without */
    struct gb_api_client client;
    struct gb_trace trace;
    int64_t arrived_us;             /* monotonic */
    struct gb_api_batched *batched; /* NULL: it does not stand in a batch */
    const char *key;                /* Idempotency-Key; NULL: none */
    int64_t wait_s;                 /* Prefer: wait; 0: does not wait */
    const char *preference_applied; /* NULL: none */
    struct gb_api_command command;  /* of a POST about money */
    void *body;                     /* what `prepare` has read, for `work` */
    gb_api_work *work;              /* what a lane has to do for it */
};

struct gb_api_apart;
struct gb_api_balances;
struct gb_api_commands;
struct gb_api_intake;
struct gb_api_lanes;
struct gb_api_waiter;

struct gb_api {
    struct gb_api_settings settings;
    const struct gb_config *config;
    _Atomic int32_t incarnation,
        epoch; /* of the local datacenter; known with the first connection */
    struct gb_http_server *server;
    struct gb_api_client_cache *clients;
    struct gb_api_learnt_accounts *learnt;
    struct gb_queue *intake_queue;
    struct gb_queue *command_queue;
    struct gb_queue *apart_queue;
    struct gb_queue *lane_queue;
    struct gb_queue *balance_queue;
    struct gb_api_intake *intake;
    struct gb_api_commands *commands;
    struct gb_api_apart *apart;
    struct gb_api_waiter *waiter;
    struct gb_api_lanes *lanes;
    struct gb_api_balances *balances;
    _Atomic size_t batches;      /* that are in work */
    struct gb_wake_sender *wake; /* NULL: the publisher polls */
    _Atomic bool stopping;       /* nobody waits for outcomes any more */
    _Atomic bool closed;         /* the queues are, too: their threads end when they are empty */
};

/* The request's way: see api.h's head. Each gives the request away. */
void gb_api_route(void *context, struct gb_http_request *http); /* handler of the server */
/* After authentication: role, header fields, `prepare`. True: `route->work` is left to be done in a
 * lane. */
bool gb_api_continue(struct gb_api_request *request);
/* Work of a lane for a client that the cache does not know: looks it up and goes on. */
gb_api_work gb_api_authenticate_in_lane;
/* Into the queue of the lanes; 503 when that is full. */
void gb_api_to_lane(struct gb_api_request *request, gb_api_work *work);
/* Into the queue of the intake, of the commands, of the balances, of what is decided apart; 503
 * when that is full. */
void gb_api_to_intake(struct gb_api_request *request);
void gb_api_to_commands(struct gb_api_request *request);
void gb_api_to_balances(struct gb_api_request *request);
void gb_api_to_apart(struct gb_api_request *request);

/* Connects as this daemon does; `part` names the connection for the database's administrator.
 * Checks whose database it is (GB_FATAL: another datacenter's, or not migrated) and notes
 * incarnation and epoch. */
enum gb_result gb_api_connect(struct gb_api *api, const char *part, struct gb_pg **ret,
                              struct gb_err *err) GB_MUST_USE;

/* Starts everything; waits for no database. On failure nothing is left open. Wire is initialised,
 * the config lives longer. */
enum gb_result gb_api_open(struct gb_api *api, const struct gb_config *config,
                           struct gb_err *err) GB_MUST_USE;
/* Takes nothing new, finishes what is begun, answers it, and lets go of everything. */
void gb_api_close(struct gb_api *api);

/* What of this process is ready: a gb_health_ready. */
bool gb_api_ready(void *context, char *ret_why, size_t size);

#endif
