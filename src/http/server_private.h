/* server_private.h: what the files of the server share; nobody else includes it. */
#ifndef GB_HTTP_SERVER_PRIVATE_H
#define GB_HTTP_SERVER_PRIVATE_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "http/problem.h"
#include "http/server.h"

/* Where a connection stands. The reaper may cut it while it reads or idles (by compare-and-swap, so
 * that a request which was cut never reaches the handler) and while it writes; while the handler
 * works it has no deadline. */
enum gb_http_phase {
    GB_HTTP_IDLE,
    GB_HTTP_READING,
    GB_HTTP_HANDLING,
    GB_HTTP_WRITING,
    GB_HTTP_CUT,
};

struct gb_http_connection {
    struct gb_http_connection *next, *previous; /* under the gate's lock */
    struct gb_http_worker *worker;
    int fd;
    _Atomic int phase;
    _Atomic int64_t deadline_us; /* of the phase; monotonic */
    _Atomic unsigned served;     /* requests completed */
    unsigned served_seen;        /* the reaper's: `served` when `received` was taken */
    uint64_t received;           /* the reaper's: bytes that had arrived by then */
};

/* Accepts connections up to the bound and cuts those that miss their deadline. One thread. */
struct gb_http_gate {
    struct gb_http_server *server;
    int listen_fd;
    int wake_fd; /* eventfd that wakes the thread */
    uint16_t port;
    bool running;
    _Atomic bool refusing, stopping;
    pthread_t thread;
    struct gb_arena *arena;     /* of the two answers */
    struct gb_bytes full, slow; /* to a connection above the bound; to a request that was cut */
    pthread_mutex_t lock; /* the list; held over a cut, so that no descriptor is cut that was closed
                             meanwhile */
    struct gb_http_connection *connections;
    unsigned count;
    unsigned next_worker; /* who gets the next connection; the thread's */
};

enum gb_result gb_http_gate_open(struct gb_http_gate *gate, struct gb_http_server *server,
                                 const char *listen, struct gb_err *err) GB_MUST_USE;
void gb_http_gate_start(struct gb_http_gate *gate); /* once the server can take connections */
void gb_http_gate_refuse_new(
    struct gb_http_gate *gate); /* closes the listening socket; cutting goes on */
void gb_http_gate_stop(struct gb_http_gate *gate); /* joins the thread */
void gb_http_gate_done(struct gb_http_gate *gate); /* when all connections have left */
/* A connection that was counted when it was accepted: is known now, is gone, or never came so far.
 */
void gb_http_gate_enter(struct gb_http_gate *gate, struct gb_http_connection *connection);
void gb_http_gate_leave(struct gb_http_gate *gate, struct gb_http_connection *connection);
void gb_http_gate_give_up(struct gb_http_gate *gate);

enum gb_http_request_state {
    GB_HTTP_ARRIVING,  /* still being read */
    GB_HTTP_IN_HANDLE, /* the handler has it, this thread is still inside `handle` */
    GB_HTTP_SUSPENDED, /* the handler has it, the connection sleeps */
    GB_HTTP_ANSWERED,
};

struct gb_http_request {
    struct gb_http_request *next; /* in the list of spare ones */
    struct gb_http_server *server;
    struct gb_http_connection *connection;
    struct MHD_Connection *mhd;
    const char *method;
    const char *path;
    struct gb_arena *arena;
    unsigned char *body;
    size_t body_size, body_room, body_max;
    bool body_long;                        /* counts among the server's long bodies */
    const struct gb_problem *body_problem; /* why it is not taken; NULL: it is */
    void *user;
    struct MHD_Response *response;
    int status;
    _Atomic int state;
};

struct gb_http_newcomer;

/* A thread with its share of the connections, and the library's daemon that it alone runs. */
struct gb_http_worker {
    struct gb_http_server *server;
    struct MHD_Daemon *daemon;
    int epoll_fd; /* the library's; readable: there is something to do */
    int wake_fd;  /* eventfd that wakes the thread */
    _Atomic bool stopping;
    _Atomic bool woken; /* and has not looked yet */
    pthread_t thread;
    bool started;         /* the thread's: the library has taken the connection that was added */
    pthread_mutex_t lock; /* what follows */
    struct gb_http_newcomer *newcomers;
};

/* `server` and `daemon` are set. */
void gb_http_worker_start(struct gb_http_worker *worker);
/* Stops the thread and the daemon, which must not have suspended connections. */
void gb_http_worker_stop(struct gb_http_worker *worker);
/* Lets the thread look at what was resumed. */
void gb_http_worker_wake(struct gb_http_worker *worker);
/* Hands over a new connection, counted by the gate. */
void gb_http_worker_give(struct gb_http_worker *worker, int fd, const struct sockaddr_storage *from,
                         socklen_t from_size);

struct gb_http_server {
    struct gb_http_server_options options;
    struct gb_http_worker *workers;
    unsigned workers_count;
    struct gb_http_gate gate;
    _Atomic bool draining;
    _Atomic unsigned long_bodies; /* that are held */
    pthread_mutex_t lock;         /* what follows */
    pthread_cond_t quiet;         /* signalled when `active` falls to 0 while draining */
    unsigned active;              /* requests between `handle` and their answer written */
    unsigned spare_count;
    struct gb_http_request *spare; /* kept for their warm arenas */
};

extern const struct gb_problem gb_http_body_too_large;

struct gb_http_request *gb_http_request_new(struct gb_http_server *server,
                                            struct MHD_Connection *mhd);
void gb_http_request_free(struct gb_http_request *request);
void gb_http_request_destroy(struct gb_http_request *request); /* a spare one */
/* Adds a piece of the body; notes when a bound is passed and forgets what comes then. */
void gb_http_request_append(struct gb_http_request *request, const char *data, size_t size);

#endif
