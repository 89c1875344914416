/* client.h: an HTTP/1.1 client of many kept connections on one epoll, one request at a time on
 * each. Knows nothing of billing. One thread. */
#ifndef GB_BENCH_LOAD_CLIENT_H
#define GB_BENCH_LOAD_CLIENT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOAD_REQUEST_SIZE 1024
#define LOAD_HEAD_SIZE 4096

/* A server. Its connections stand in a line of their own while they are idle. */
struct load_server {
    struct sockaddr_in address;
    struct load_connection *idle_first, *idle_last;
};

struct load_connection {
    int fd; /* -1: lost, tried again at retry_at_us */
    bool connecting;
    bool busy;    /* a request is on its way */
    bool writing; /* and not all of it could be written yet */
    struct load_server *server;
    struct load_connection *next_idle;
    int64_t retry_at_us;
    /* The request: filled in by the user. */
    size_t out_size;
    size_t out_done;
    char out[LOAD_REQUEST_SIZE];
    /* The answer as far as it has come. */
    size_t head_size; /* 0: not complete */
    size_t in_size;   /* of `in`: the head, and what of the body came with it */
    int64_t body_left;
    int status;
    bool replayed; /* Idempotent-Replayed: true */
    bool closing;  /* the server closes after this answer */
    char in[LOAD_HEAD_SIZE];
    void *user; /* the user's own, one a connection */
};

struct load_client {
    int epoll;
    struct load_connection *connections;
    size_t connections_count;
    int64_t looked_after_at_us; /* when lost connections were last tried again */
    int64_t lost;               /* connections so far that broke or were refused */
};

/* Connects `connections` times, spread evenly over the servers, and waits until all stand or
 * timeout_ms is over. False, with a line on stderr, when they do not. `servers` must outlive it. */
bool load_client_open(struct load_client *client, struct load_server *servers, size_t servers_count,
                      size_t connections, int64_t timeout_ms);
void load_client_close(struct load_client *client);

/* Takes the longest idle connection of a server; NULL: all are busy. */
struct load_connection *load_client_take(struct load_server *server);

/* Sends the request in `out`; the answer, or the loss, comes by load_client_wait. */
void load_client_send(struct load_client *client, struct load_connection *connection);

/* An answer, or (status 0) a connection lost with a request on its way. The connection is idle
 * again afterwards. */
typedef void load_answered(void *context, struct load_connection *connection);

/* Waits for events until the monotonic moment until_us (past: does not wait) and hands out the
 * answers that came. Returns how many. */
size_t load_client_wait(struct load_client *client, int64_t until_us, load_answered *answered,
                        void *context);

#endif
