/* bench-http: the HTTP layer alone. Answers every request at once as the API answers a pay-in,
 * so that geobill-load finds what the layer (and geobill-load) can do at best. Ends with SIGTERM.
 *
 *     bench-http 127.0.0.1:9999 2     listen address, threads */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/server.h"

static void handle(void *context, struct gb_http_request *request)
{
    static const char body[] =
        "{\"key\":\"dc1:01901234-5678-7abc-8def-0123456789ab\",\"owner\":\"dc1\",\"kind\":"
        "\"PAYIN\",\"state\":\"ACCEPTED\",\"account_id\":\"load-1\",\"amount\":{\"minor_units\":"
        "4711,\"currency\":\"EUR\"},\"created_at\":\"2026-01-01T00:00:00.000000Z\"}";
    static const struct gb_http_field fields[] = {
        {"Location", "/v1/operations/dc1:01901234-5678-7abc-8def-0123456789ab"}};
    struct gb_bytes bytes = {.data = body, .size = sizeof(body) - 1};
    (void)context;
    gb_http_respond(request, 202, fields, 1, "application/json", bytes);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: bench-http ADDRESS:PORT THREADS\n");
        return 2;
    }
    sigset_t stop;
    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTERM);
    (void)sigaddset(&stop, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &stop, NULL);
    struct gb_http_server_options options = {.listen = argv[1],
                                             .threads = (unsigned)strtoul(argv[2], NULL, 10),
                                             .connections_max = 4096,
                                             .body_bytes_max = 65536,
                                             .request_timeout_ms = 10000,
                                             .arena_bytes = 65536,
                                             .handle = handle};
    struct gb_http_server *server;
    struct gb_err err;
    if (options.threads < 1 || gb_http_server_open(&options, &server, &err) != GB_OK) {
        fprintf(stderr, "bench-http: %s\n",
                options.threads < 1 ? "threads: 1 or more" : err.message);
        return 1;
    }
    int signal;
    (void)sigwait(&stop, &signal);
    gb_http_server_close(server);
    return 0;
}
