#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/scripts.h"
#include "runtime/clock.h"
#include "wire/messages.h"

struct gb_test_postgres *fixture_server;
struct gb_pg *fixture_admin;
struct gb_pg *fixture_pg;
struct gb_engine *fixture_engine;
static struct gb_arena *texts; /* of all commands */

struct gb_engine_options fixture_options(struct gb_dc dc)
{
    static const char *const codes[] = {"dc1", "dc2", "dc3"};
    struct gb_engine_options options = {
        .dc = dc,
        /* No test waits for an ask to be sent again: it says that the time has come. */
        .reserve = {.reask_after_us = 3600000000,
                    .reask_backoff_us_max = 3600000000,
                    .ask_ttl_us = 10000000,
                    .prefetch_max = 0,
                    .skew_us_max = 60000000},
        .waiting_max = 20,
    };
    for (size_t i = 0; i < 3; i++) {
        struct gb_dc peer;
        assert_true(gb_dc_parse(codes[i], &peer));
        if (!gb_dc_equal(peer, dc))
            options.peers[options.peers_count++] = peer;
    }
    return options;
}

struct gb_engine *fixture_engine_new(struct gb_dc dc)
{
    const struct gb_engine_options options = fixture_options(dc);
    return gb_engine_new(&options);
}

struct gb_pg *fixture_connect(void)
{
    return gb_test_connect(fixture_server, "dc1", "geobill_consumer");
}

int fixture_setup(void **state)
{
    (void)state;
    struct gb_err err;
    struct gb_dc dc;
    assert_true(gb_dc_parse("dc1", &dc));
    assert_int_equal(gb_wire_init(&err), GB_OK);
    texts = gb_arena_new((size_t)64 << 20);
    fixture_server = gb_test_postgres_start();
    gb_test_database(fixture_server, "dc1", "dc1", "dc1");
    fixture_admin = gb_test_connect(fixture_server, "dc1", NULL);
    fixture_pg = fixture_connect();
    fixture_engine = fixture_engine_new(dc);
    fixture_sql("INSERT INTO client (client_no, name, token_hash, role, home, version, "
                "created_at_us, updated_at_us)"
                " VALUES (1, 'shop', sha256('shop'), 2, 'dc1', 1, 1, 1)");
    return 0;
}

int fixture_teardown(void **state)
{
    (void)state;
    gb_engine_free(fixture_engine);
    gb_pg_close(fixture_pg);
    gb_pg_close(fixture_admin);
    gb_test_postgres_stop(fixture_server);
    gb_arena_free(texts);
    gb_wire_done();
    return 0;
}

int64_t fixture_int(const char *format, ...)
{
    char text[2000];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert_in_range(length, 1, sizeof(text) - 1);
    return gb_test_sql_int(fixture_admin, text);
}

void fixture_sql(const char *format, ...)
{
    char text[2000];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert_in_range(length, 1, sizeof(text) - 1);
    gb_test_sql(fixture_admin, text);
}

void fixture_account(int64_t account_no, enum gb_account_status status, int64_t version)
{
    fixture_sql("INSERT INTO account (account_no, account_id, name, currency, status, version, "
                "created_at_us,"
                " updated_at_us) VALUES (%lld, 'a%lld', 'account %lld', 'EUR', %d, %lld, 1, 1)",
                (long long)account_no, (long long)account_no, (long long)account_no, (int)status,
                (long long)version);
}

void fixture_account_says(int64_t account_no, enum gb_account_status status, int64_t version)
{
    fixture_sql("UPDATE account SET status = %d, version = %lld WHERE account_no = %lld",
                (int)status, (long long)version, (long long)account_no);
}

void fixture_accept(const char *prefix, int first, int count, int64_t account_no, int accounts,
                    int64_t amount)
{
    fixture_sql("INSERT INTO operation (client_no, kind, state, key, account_no, amount, "
                "created_at_us, seq, reference,"
                " metadata) SELECT 1, 1, 1, '%s-' || i, %lld + i %% %d, %lld, 5, "
                "nextval('operation_seq'), 'r' || i,"
                " '{\"i\":1}' FROM generate_series(%d, %d) i",
                prefix, (long long)account_no, accounts, (long long)amount, first,
                first + count - 1);
}

/* Commands made before the fixture is set up (a child process) have texts of their own. */
static const char *keep(const char *format, ...) GB_PRINTF(1, 2);

static const char *keep(const char *format, ...)
{
    char text[300];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert_in_range(length, 1, sizeof(text) - 1);
    if (texts == NULL)
        texts = gb_arena_new((size_t)64 << 20);
    char *kept = gb_arena_strdup(texts, text);
    assert_non_null(kept);
    return kept;
}

static struct gb_command command_of(enum gb_command_kind kind, int64_t account_no)
{
    struct gb_command command = {.kind = kind,
                                 .account_no = {account_no},
                                 .account_id = keep("a%lld", (long long)account_no)};
    assert_true(gb_currency_parse("EUR", &command.currency));
    return command;
}

struct gb_command fixture_payin(int64_t account_no, const char *key, int64_t amount)
{
    struct gb_command command = command_of(GB_COMMAND_PAYIN, account_no);
    assert_true(gb_dc_parse("dc1", &command.accepted_by));
    assert_true(gb_dc_parse("dc1", &command.owner));
    command.client_no.value = 1;
    command.key = key;
    command.amount = amount;
    command.accepted_at_us = 5;
    return command;
}

struct gb_command fixture_relayed(int64_t account_no, const char *key, int64_t amount)
{
    struct gb_command command = fixture_payin(account_no, key, amount);
    assert_true(gb_dc_parse("dc2", &command.accepted_by));
    return command;
}

struct gb_command fixture_status(int64_t account_no)
{
    return command_of(GB_COMMAND_STATUS, account_no);
}

void fixture_payins(struct gb_command *ret, const char *prefix, int first, int count,
                    int64_t account_no, int accounts, int64_t amount)
{
    for (int i = 0; i < count; i++) {
        ret[i] = fixture_payin(account_no + (first + i) % accounts,
                               keep("%s-%d", prefix, first + i), amount);
        ret[i].reference = keep("r%d", first + i);
    }
}

struct gb_command fixture_operation(enum gb_operation_kind kind, int64_t account_no,
                                    const char *key, int64_t amount)
{
    struct gb_command command = fixture_payin(account_no, key, amount);
    command.kind = GB_COMMAND_OPERATION;
    command.operation = kind;
    command.deadline_us = INT64_C(253402300000000000);
    command.impatient = true;
    return command;
}

struct gb_command fixture_payout(int64_t account_no, const char *key, int64_t amount)
{
    return fixture_operation(GB_OPERATION_PAYOUT, account_no, key, amount);
}

void fixture_service(const char *service_id, int64_t price)
{
    fixture_sql("INSERT INTO service (service_id, name, price, currency, version, created_at_us, "
                "updated_at_us) VALUES ('%s', 'service %s', %lld, 'EUR', 1, 1, 1)",
                service_id, service_id, (long long)price);
}

void fixture_service_costs(const char *service_id, int64_t price)
{
    fixture_sql("UPDATE service SET price = %lld, version = version + 1 WHERE service_id = '%s'",
                (long long)price, service_id);
}

struct gb_command fixture_charge(int64_t account_no, const char *key, const char *service_id)
{
    struct gb_command command = fixture_operation(GB_OPERATION_CHARGE, account_no, key, 0);
    command.service_id = service_id;
    return command;
}

struct gb_command fixture_refund(int64_t account_no, const char *key, const char *original_key,
                                 int64_t amount)
{
    struct gb_command command = fixture_operation(GB_OPERATION_REFUND, account_no, key, amount);
    command.deadline_us = 0;
    command.original_key = original_key;
    return command;
}

struct gb_command fixture_time(int64_t account_no)
{
    return command_of(GB_COMMAND_TIME, account_no);
}

void fixture_pass_deadline(struct gb_command *command)
{
    command->deadline_us = gb_clock_wall_us() - 1;
    fixture_sql("UPDATE operation SET deadline_us = %lld WHERE key = '%s'",
                (long long)command->deadline_us, command->key);
    fixture_sql("UPDATE waiting SET deadline_us = %lld WHERE key = '%s'",
                (long long)command->deadline_us, command->key);
}

void fixture_fund(int64_t account_no, const char *key, int64_t amount)
{
    fixture_account(account_no, GB_STATUS_OPEN, 1);
    struct gb_command command = fixture_relayed(account_no, key, amount);
    fixture_run(&command, 1);
    assert_int_equal(command.outcome, GB_OUTCOME_APPLIED);
}

int64_t fixture_balance(int64_t account_no)
{
    return fixture_int("SELECT balance FROM share WHERE account_no = %lld", (long long)account_no);
}

int64_t fixture_held(int64_t account_no)
{
    return fixture_int("SELECT held FROM share WHERE account_no = %lld", (long long)account_no);
}

int64_t fixture_waiting(int64_t account_no)
{
    return fixture_int("SELECT count(*) FROM waiting WHERE account_no = %lld",
                       (long long)account_no);
}

enum gb_operation_state fixture_run_one(struct gb_command *command)
{
    fixture_run(command, 1);
    assert_true(command->outcome == GB_OUTCOME_APPLIED || command->outcome == GB_OUTCOME_REPEATED);
    return command->answer.state;
}

/* Copies of others' ledgers, pages and readers are made up by these tests, not by the programs. */
static bool is_about_own_money(const struct gb_check *check)
{
    return strncmp(check->name, "i8_", 3) != 0 && strncmp(check->name, "pages_", 6) != 0 &&
           strncmp(check->name, "positions_", 10) != 0;
}

void fixture_check_invariants(void)
{
    for (size_t i = 0; i < gb_checks_count; i++) {
        if (!is_about_own_money(&gb_checks[i]))
            continue;
        struct gb_rows *rows = NULL;
        struct gb_err err;
        if (gb_pg_query_text(fixture_admin, gb_checks[i].text, &rows, &err) != GB_OK)
            fail_msg("%s: %s", gb_checks[i].name, err.message);
        if (gb_rows_count(rows) != 0)
            fail_msg("invariant broken: %s, %zu rows", gb_checks[i].name, gb_rows_count(rows));
        gb_rows_free(rows);
    }
}

void fixture_run(struct gb_command *commands, size_t count)
{
    struct gb_engine_batch batch = {.commands = commands, .count = count};
    struct gb_err err;
    if (gb_engine_run(fixture_engine, fixture_pg, &batch, &err) != GB_OK)
        fail_msg("%s: %s", err.code, err.message);
    fixture_check_invariants();
}
