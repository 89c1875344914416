/* stage.h: geobill-api of two datacenters in this very process, each on its own database of a
 * private PostgreSQL; dc1 has the catalogue. No publisher and no consumer: the tests do their work
 * by SQL where needed. Failures end the test. Main thread, but for stage_call, whose client each
 * thread brings itself. */
#ifndef GB_TESTS_API_STAGE_H
#define GB_TESTS_API_STAGE_H

#include <jansson.h>

#include "api/api.h"
#include "http/client.h"
#include "support/postgres.h"

/* Tokens of clients: role write at home dc1, role read, role write at home dc2, revoked. */
#define WRITER "token-writer"
#define READER "token-reader"
#define WRITER2 "token-writer-2"
#define REVOKED "token-revoked"

struct stage {
    struct gb_test_postgres *server;
    struct gb_api api[2];
    struct gb_config *config[2];
    char url[2][64];      /* base of dc1, dc2 */
    struct gb_pg *sql[2]; /* as superuser */
    struct gb_arena *arena;
    struct gb_http_client *client;
};

extern struct stage stage;

int stage_open(void **state);
int stage_close(void **state);
/* One of the two alone: 0 is dc1. Waits until it is ready. */
void stage_start_api(int dc);
void stage_stop_api(int dc);
/* All operations, relays, messages, accounts and entries are gone. */
int stage_empty(void **state);

struct stage_call {
    int dc; /* 0 or 1 */
    const char *method, *path;
    const char *token;  /* NULL: none */
    const char *key;    /* NULL: none */
    const char *prefer; /* NULL: none */
    const char *body;   /* NULL: none */
};

struct stage_answer {
    int status;
    char text[16 * 1024]; /* the body */
    char code[64];        /* of a problem; "" else */
    char field[64];
    bool replayed;
    char location[256];
};

/* Makes the call with `client`. */
struct stage_answer stage_call_by(struct gb_http_client *client, const struct stage_call *call);
/* As WRITER where no token is given; NULL is the token "". */
struct stage_answer stage_post(int dc, const char *path, const char *key, const char *body);
struct stage_answer stage_get(int dc, const char *path);
/* The value at a path like "amount.minor_units" or "data.0.key" of an answer: text, or the number
 * as text; "" when there is none. Static storage, until the next call. */
const char *stage_value(const struct stage_answer *answer, const char *path);

/* Opens an account in EUR directly in the databases. */
void stage_account(int dc, int number, const char *account_id, enum gb_account_status status);
int64_t stage_count(int dc, const char *table);

#define assert_answer(answer, wanted_status, wanted_code)                                          \
    do {                                                                                           \
        if ((answer).status != (wanted_status))                                                    \
            print_error("%s\n", (answer).text);                                                    \
        assert_int_equal((answer).status, (wanted_status));                                        \
        assert_string_equal((answer).code, (wanted_code));                                         \
    } while (0)

#endif
