/* fixture.h: the database of datacenter dc1, what its API would have written, and commands for its
 * engine. Failures abort the test. */
#ifndef GB_TEST_ENGINE_FIXTURE_H
#define GB_TEST_ENGINE_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "support/postgres.h"

extern struct gb_test_postgres *fixture_server;
extern struct gb_pg *fixture_admin; /* superuser */
extern struct gb_pg *fixture_pg;    /* geobill_consumer */
extern struct gb_engine *fixture_engine;

/* For cmocka_run_group_tests. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* What a datacenter with the peers that dc1, dc2, dc3 leave it is configured to. */
struct gb_engine_options fixture_options(struct gb_dc dc);
struct gb_engine *fixture_engine_new(struct gb_dc dc);

/* Another connection as geobill_consumer; the caller closes it. */
struct gb_pg *fixture_connect(void);

/* An account of the catalogue, currency EUR; its id is "a<number>". */
void fixture_account(int64_t account_no, enum gb_account_status status, int64_t version);
/* The catalogue says something new of it. */
void fixture_account_says(int64_t account_no, enum gb_account_status status, int64_t version);
/* The API accepts a pay-in here: "<prefix>-<first>" .. "<prefix>-<first + count - 1>", each of
 * `amount`, over `accounts` accounts from `account_no` on in turn. */
void fixture_accept(const char *prefix, int first, int count, int64_t account_no, int accounts,
                    int64_t amount);

/* The message of an own pay-in. Texts are not copied. */
struct gb_command fixture_payin(int64_t account_no, const char *key, int64_t amount);
/* ... of one that dc2 accepted for us. */
struct gb_command fixture_relayed(int64_t account_no, const char *key, int64_t amount);
struct gb_command fixture_status(int64_t account_no);
/* The messages of what fixture_accept accepted; texts live until the teardown. */
void fixture_payins(struct gb_command *ret, const char *prefix, int first, int count,
                    int64_t account_no, int accounts, int64_t amount);

/* A client's command, decided now, with a deadline that never comes. */
struct gb_command fixture_operation(enum gb_operation_kind kind, int64_t account_no,
                                    const char *key, int64_t amount);
struct gb_command fixture_payout(int64_t account_no, const char *key, int64_t amount);
/* A service of the catalogue, currency EUR, version 1; and another price, one version up. */
void fixture_service(const char *service_id, int64_t price);
void fixture_service_costs(const char *service_id, int64_t price);
struct gb_command fixture_charge(int64_t account_no, const char *key, const char *service_id);
struct gb_command fixture_refund(int64_t account_no, const char *key, const char *original_key,
                                 int64_t amount);
/* That time has passed for what waits. */
struct gb_command fixture_time(int64_t account_no);
/* Time passes: the deadline of an operation that waits was a moment ago. */
void fixture_pass_deadline(struct gb_command *command);
/* An open account with so much money in its share here. */
void fixture_fund(int64_t account_no, const char *key, int64_t amount);
int64_t fixture_balance(int64_t account_no);
int64_t fixture_held(int64_t account_no);
int64_t fixture_waiting(int64_t account_no); /* how many operations */
/* Runs one command that must be applied or a repeat, and gives its state. */
enum gb_operation_state fixture_run_one(struct gb_command *command);

/* Runs a batch that must succeed, and then all of sql/checks about own money, which
 * must find nothing. */
void fixture_run(struct gb_command *commands, size_t count);
void fixture_check_invariants(void);

/* A number from a query with one value. */
int64_t fixture_int(const char *format, ...) __attribute__((format(printf, 1, 2)));
void fixture_sql(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
