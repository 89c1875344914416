/* What a request must look like: whatever is wrong gets its problem and changes nothing. And the
 * commands on accounts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../../unit/http/hand.h"
#include "http/server.h"
#include "stage.h"

#define GOOD "{\"account_id\":\"a1\",\"amount\":{\"minor_units\":5,\"currency\":\"EUR\"}}"
#define AMOUNT(minor_units)                                                                        \
    "{\"account_id\":\"a1\",\"amount\":{\"minor_units\":" minor_units ",\"currency\":\"EUR\"}}"
#define WITH(member)                                                                               \
    "{\"account_id\":\"a1\",\"amount\":{\"minor_units\":5,\"currency\":\"EUR\"}," member "}"

static char text[256 * 1024];

static int64_t written(void)
{
    int64_t sum = 0;
    for (int dc = 0; dc < 2; dc++)
        sum += stage_count(dc, "operation") + stage_count(dc, "relay") + stage_count(dc, "outbox") +
               stage_count(dc, "catalogue_command");
    return sum;
}

static void test_bodies(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    static const struct {
        const char *body;
        int status;
        const char *code, *field;
    } cases[] = {
        {"", 400, "JSON_INVALID", ""},
        {"no json", 400, "JSON_INVALID", ""},
        {"[]", 400, "JSON_INVALID", ""},
        {"5", 400, "JSON_INVALID", ""},
        {GOOD "x", 400, "JSON_INVALID", ""},
        {"{\"account_id\":\"a1\",\"account_id\":\"a1\"}", 400, "JSON_INVALID", ""},
        {"{\"account_id\":\"a\xff\"}", 400, "JSON_INVALID", ""},
        {"{\"account_id\":\"a\\u0000\"}", 400, "JSON_INVALID", ""},
        {AMOUNT("99999999999999999999"), 400, "JSON_INVALID", ""},
        {WITH("\"metadata\":{\"a\":[[[[[[[1]]]]]]]}"), 400, "JSON_INVALID", ""},
        {"{}", 422, "FIELD_MISSING", "account_id"},
        {"{\"account_id\":\"a1\"}", 422, "FIELD_MISSING", "amount"},
        {"{\"account_id\":\"a1\",\"amount\":{}}", 422, "FIELD_MISSING", "amount.minor_units"},
        {"{\"account_id\":\"a1\",\"amount\":{\"minor_units\":5}}", 422, "FIELD_MISSING",
         "amount.currency"},
        {"{\"account_id\":\"a1\",\"amount\":5}", 422, "FIELD_INVALID", "amount"},
        {WITH("\"unknown\":1"), 422, "FIELD_UNKNOWN", "unknown"},
        {"{\"account_id\":\"a1\",\"amount\":{\"minor_units\":5,\"currency\":\"EUR\",\"x\":1}}", 422,
         "FIELD_UNKNOWN", "amount.x"},
        {"{\"account_id\":5,\"amount\":{\"minor_units\":5,\"currency\":\"EUR\"}}", 422,
         "FIELD_INVALID", "account_id"},
        {"{\"account_id\":\"a b\",\"amount\":{\"minor_units\":5,\"currency\":\"EUR\"}}", 422,
         "FIELD_INVALID", "account_id"},
        {"{\"account_id\":\"\",\"amount\":{\"minor_units\":5,\"currency\":\"EUR\"}}", 422,
         "FIELD_INVALID", "account_id"},
        {AMOUNT("0"), 422, "AMOUNT_INVALID", "amount.minor_units"},
        {AMOUNT("-5"), 422, "AMOUNT_INVALID", "amount.minor_units"},
        {AMOUNT("5.0"), 422, "AMOUNT_INVALID", "amount.minor_units"},
        {AMOUNT("1e3"), 422, "AMOUNT_INVALID", "amount.minor_units"},
        {AMOUNT("\"5\""), 422, "AMOUNT_INVALID", "amount.minor_units"},
        {AMOUNT("null"), 422, "AMOUNT_INVALID", "amount.minor_units"},
        {AMOUNT("1000000000000001"), 422, "AMOUNT_INVALID", "amount.minor_units"},
        {"{\"account_id\":\"a1\",\"amount\":{\"minor_units\":5,\"currency\":\"eur\"}}", 422,
         "FIELD_INVALID", "amount.currency"},
        {"{\"account_id\":\"a1\",\"amount\":{\"minor_units\":5,\"currency\":\"USD\"}}", 422,
         "CURRENCY_MISMATCH", "amount.currency"},
        {WITH("\"reference\":\"a\\nb\""), 422, "FIELD_INVALID", "reference"},
        {WITH("\"reference\":5"), 422, "FIELD_INVALID", "reference"},
        {WITH("\"reference\":null"), 422, "FIELD_INVALID", "reference"},
        {WITH("\"metadata\":[]"), 422, "FIELD_INVALID", "metadata"},
        {"{\"account_id\":\"nobody\",\"amount\":{\"minor_units\":5,\"currency\":\"EUR\"}}", 404,
         "ACCOUNT_NOT_FOUND", "account_id"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stage_answer answer = stage_post(0, "/v1/pay-ins", "k", cases[i].body);
        if (answer.status != cases[i].status || strcmp(answer.code, cases[i].code) != 0 ||
            strcmp(answer.field, cases[i].field) != 0)
            fail_msg("%s: %d %s", cases[i].body, answer.status, answer.text);
    }
    assert_int_equal(written(), 0);
    assert_answer(stage_post(0, "/v1/pay-ins", "k", AMOUNT("1000000000000000")), 202, "");
}

static void test_long_members(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    static char body[80 * 1024], many[70 * 1024];
    memset(many, 'r', sizeof(many) - 1);
    static const struct {
        const char *member;
        int length, status;
    } cases[] = {
        {"\"reference\":\"%.*s\"", 256, 202},
        {"\"reference\":\"%.*s\"", 257, 422},
        {"\"metadata\":{\"a\":\"%.*s\"}", 4088, 202},
        {"\"metadata\":{\"a\":\"%.*s\"}", 4089, 422},
        {"\"metadata\":{\"a\":\"%.*s\"}", 64000, 422},
        {"\"metadata\":{\"a\":\"%.*s\"}", 66000, 413},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char key[16];
        size_t used = (size_t)snprintf(
            body, sizeof(body),
            "{\"account_id\":\"a1\",\"amount\":{\"minor_units\":5,\"currency\":\"EUR\"},");
        char format[64];
        (void)snprintf(format, sizeof(format), "%s}", cases[i].member);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        (void)snprintf(body + used, sizeof(body) - used, format, cases[i].length, many);
#pragma GCC diagnostic pop
        (void)snprintf(key, sizeof(key), "long-%zu", i);
        assert_int_equal(stage_post(0, "/v1/pay-ins", key, body).status, cases[i].status);
    }
}

static void test_keys(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    char key[202];
    memset(key, 'k', sizeof(key));
    key[201] = '\0';
    assert_answer(stage_post(0, "/v1/pay-ins", NULL, GOOD), 400, "IDEMPOTENCY_KEY_MISSING");
    assert_answer(stage_post(0, "/v1/pay-ins", key, GOOD), 400, "IDEMPOTENCY_KEY_INVALID");
    assert_answer(stage_post(0, "/v1/pay-ins", "a\tb", GOOD), 400, "IDEMPOTENCY_KEY_INVALID");
    assert_answer(stage_post(0, "/v1/pay-ins", "\xc3\xa4", GOOD), 400, "IDEMPOTENCY_KEY_INVALID");
    assert_int_equal(written(), 0);
    key[200] = '\0';
    assert_answer(stage_post(0, "/v1/pay-ins", key, GOOD), 202, "");
    assert_answer(stage_post(0, "/v1/pay-ins", " \"quoted\\\" ", GOOD), 202,
                  ""); /* spaces around are not part of it */
    struct stage_answer quoted = stage_get(0, "/v1/operations/%22quoted%5C%22");
    assert_answer(quoted, 404, "OPERATION_NOT_FOUND"); /* the reader's own keys only */
    struct stage_call own = {
        .method = "GET", .path = "/v1/operations/%22quoted%5C%22", .token = WRITER};
    quoted = stage_call_by(stage.client, &own);
    assert_answer(quoted, 200, "");
    assert_string_equal(stage_value(&quoted, "key"), "\"quoted\\\"");
}

/* One raw request at dc1; returns the status. */
static int ask(const char *request)
{
    const char *port = strrchr(stage.url[0], ':');
    return hand_ask((uint16_t)strtoul(port + 1, NULL, 10), request, text, sizeof(text));
}

#define HEAD(method, path)                                                                         \
    method " " path " HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer " WRITER "\r\n"

static void test_methods_types_and_paths(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        int status;
        const char *part;
    } cases[] = {
        {HEAD("PUT", "/v1/pay-ins") "Content-Length: 0\r\n\r\n", 405, "\r\nAllow: POST\r\n"},
        {HEAD("POST", "/v1/accounts/a1") "Content-Length: 0\r\n\r\n", 405,
         "\r\nAllow: GET, PATCH, DELETE\r\n"},
        {HEAD("GET", "/v1/pay-ins") "\r\n", 405, "METHOD_NOT_ALLOWED"},
        {HEAD("GET", "/v1/") "\r\n", 404, "NOT_FOUND"},
        {HEAD("GET", "/v1/accounts/a1/x") "\r\n", 404, "NOT_FOUND"},
        {HEAD("GET", "/v1/accounts//balance") "\r\n", 404, "NOT_FOUND"},
        {HEAD("GET", "/v1/operations/") "\r\n", 404, "NOT_FOUND"},
        {HEAD("POST", "/v1/pay-ins") "Idempotency-Key: k\r\nContent-Length: 2\r\n\r\n{}", 415,
         "UNSUPPORTED_MEDIA_TYPE"},
        {HEAD("POST",
              "/v1/pay-ins") "Idempotency-Key: k\r\nContent-Type: text/plain\r\nContent-Length: "
                             "2\r\n\r\n{}",
         415, "UNSUPPORTED_MEDIA_TYPE"},
        {HEAD("POST", "/v1/pay-ins") "X-Idempotency-Key: k\r\nContent-Type: Application/JSON; "
                                     "charset=utf-8\r\nContent-Length: 2\r\n\r\n{}",
         422, "FIELD_MISSING"},
        {HEAD("GET", "/v1/accounts") "Accept: text/html\r\n\r\n", 406, "NOT_ACCEPTABLE"},
        {HEAD("GET", "/v1/accounts") "Accept: text/html, */*;q=0.1\r\n\r\n", 200, "\"data\":[]"},
        {HEAD("GET", "/v1/accounts?unknown=1") "\r\n", 400, "\"field\":\"unknown\""},
        {HEAD("GET", "/v1/accounts?limit=0") "\r\n", 400, "\"field\":\"limit\""},
        {HEAD("GET", "/v1/accounts?limit=1001") "\r\n", 400, "\"field\":\"limit\""},
        {HEAD("GET", "/v1/accounts?limit=1x") "\r\n", 400, "\"field\":\"limit\""},
        {HEAD("GET", "/v1/accounts?limit=") "\r\n", 400, "\"field\":\"limit\""},
        {HEAD("GET", "/v1/accounts?cursor=%21") "\r\n", 400, "\"field\":\"cursor\""},
        {HEAD("GET", "/v1/accounts?cursor=AAAA") "\r\n", 400, "\"field\":\"cursor\""},
        {HEAD("GET", "/v1/operations") "\r\n", 400, "\"field\":\"account_id\""},
        {HEAD("GET", "/v1/operations?account_id=a1&state=x") "\r\n", 400, "\"field\":\"state\""},
        {HEAD("GET", "/v1/operations?account_id=a1&scope=x") "\r\n", 400, "\"field\":\"scope\""},
        {HEAD("GET", "/v1/accounts/a1/entries?dc=1") "\r\n", 400, "\"field\":\"dc\""},
        {HEAD("GET", "/v1/operations/dc9:k") "\r\n", 400, "UNKNOWN_DATACENTER"},
        {"GET /v1/accounts HTTP/1.1\r\nHost: t\r\n\r\n", 401, "\r\nWWW-Authenticate: Bearer"},
        {"GET /v1/accounts HTTP/1.1\r\nHost: t\r\nAuthorization: Basic eDp5\r\n\r\n", 401,
         "UNAUTHENTICATED"},
        {"GET /v1/accounts HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer \r\n\r\n", 401,
         "UNAUTHENTICATED"},
        {"GET /livez HTTP/1.1\r\nHost: t\r\n\r\n", 200, "live"},
        {"GET /readyz HTTP/1.1\r\nHost: t\r\n\r\n", 200, "ready"},
        {"GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n", 200, "geobill_payins_accepted_total"},
        {"GET /openapi.yaml HTTP/1.1\r\nHost: t\r\n\r\n", 200, "\r\n\r\nopenapi: 3.1.0\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int status = ask(cases[i].request);
        if (status != cases[i].status || strstr(text, cases[i].part) == NULL)
            fail_msg("%s: %d %s", cases[i].request, status, text);
        if (status >= 400)
            assert_non_null(strstr(text, "application/problem+json"));
    }
    assert_int_equal(written(), 0);
}

static void test_traces(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    assert_int_equal(
        ask(HEAD("GET",
                 "/v1/accounts") "traceparent: "
                                 "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n"),
        200);
    assert_non_null(strstr(text, "\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-"));
    assert_null(strstr(text, "b7ad6b7169203331"));
    assert_int_equal(
        ask(HEAD("POST", "/v1/pay-ins") "X-Trace-Id: 0af76519-16cd-43dd-8448-eb211c80319c\r\n"
                                        "Idempotency-Key: k\r\nContent-Type: application/json\r\n"
                                        "Content-Length: 63\r\n\r\n" GOOD),
        202);
    assert_non_null(strstr(text, "\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-"));
    assert_int_equal(gb_test_sql_int(stage.sql[0],
                                     "SELECT count(*) FROM operation WHERE trace_id ="
                                     " '0af76519-16cd-43dd-8448-eb211c80319c' AND span_id <> 0"),
                     1);
    assert_int_equal(ask(HEAD("GET", "/v1/nothing") "traceparent: nonsense\r\n\r\n"), 404);
    assert_non_null(strstr(text, "\r\ntraceparent: 00-"));
}

static struct stage_answer as(const char *token, const char *method, const char *path,
                              const char *body)
{
    struct stage_call call = {
        .method = method, .path = path, .token = token, .key = "as", .body = body};
    return stage_call_by(stage.client, &call);
}

static void test_clients(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    assert_answer(as("nobody's", "GET", "/v1/accounts", NULL), 401, "UNAUTHENTICATED");
    assert_answer(as(REVOKED, "GET", "/v1/accounts", NULL), 401, "UNAUTHENTICATED");
    assert_answer(as(READER, "GET", "/v1/accounts", NULL), 200, "");
    assert_answer(as(READER, "POST", "/v1/pay-ins", GOOD), 403, "FORBIDDEN");
    assert_answer(as(READER, "POST", "/v1/accounts", "{}"), 403, "FORBIDDEN");
    assert_answer(as(READER, "PATCH", "/v1/accounts/a1", "{}"), 403, "FORBIDDEN");
    assert_answer(as(READER, "DELETE", "/v1/accounts/a1", NULL), 403, "FORBIDDEN");
    assert_int_equal(written(), 0);
    /* A revoked token ends within seconds, though it was good a moment ago. */
    gb_test_sql(stage.sql[0],
                "INSERT INTO client VALUES (9, 'nine', sha256('nine'), 1, 'dc1', false, 1, 1, 1)");
    assert_answer(as("nine", "GET", "/v1/accounts", NULL), 200, "");
    gb_test_sql(stage.sql[0], "UPDATE client SET revoked = true WHERE client_no = 9");
    int status = 200;
    for (int tries = 0; status == 200 && tries < 100; tries++) {
        struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
        (void)nanosleep(&pause, NULL);
        status = as("nine", "GET", "/v1/accounts", NULL).status;
    }
    gb_test_sql(stage.sql[0], "DELETE FROM client WHERE client_no = 9");
    assert_int_equal(status, 401);
}

#define OPEN_A1 "{\"account_id\":\"a1\",\"name\":\"Ann \xc3\xa4\",\"currency\":\"EUR\"}"

static void test_open_account(void **state)
{
    (void)state;
    /* At dc2, which passes it on. */
    struct stage_answer first = stage_post(1, "/v1/accounts", "open", OPEN_A1);
    assert_answer(first, 201, "");
    assert_string_equal(first.location, "/v1/accounts/a1");
    assert_string_equal(stage_value(&first, "status"), "OPEN");
    assert_string_equal(stage_value(&first, "name"), "Ann \xc3\xa4");
    assert_true(strtoll(stage_value(&first, "account_no"), NULL, 10) > INT64_C(1) << 40);
    for (int dc = 0; dc < 2; dc++) {
        struct stage_answer again = stage_post(dc, "/v1/accounts", "open", OPEN_A1);
        assert_answer(again, 201, "");
        assert_true(again.replayed);
        assert_string_equal(again.text, first.text);
        struct stage_answer read = stage_get(dc, "/v1/accounts/a1");
        assert_string_equal(read.text, first.text);
    }
    struct stage_answer other = stage_post(
        0, "/v1/accounts", "open", "{\"account_id\":\"a1\",\"name\":\"Bob\",\"currency\":\"EUR\"}");
    assert_answer(other, 422, "IDEMPOTENCY_MISMATCH");
    assert_string_equal(other.field, "name");
    assert_answer(
        stage_post(0, "/v1/accounts", "open", "{\"name\":\"Ann \xc3\xa4\",\"currency\":\"EUR\"}"),
        422, "IDEMPOTENCY_MISMATCH");
    assert_int_equal(stage_count(0, "account"), 1);
    assert_int_equal(
        gb_test_sql_int(stage.sql[0],
                        "SELECT count(*) FROM outbox WHERE stream = 'catalogue' AND topic ="
                        " 'geobill.catalogue.v1' AND aggregateid = 'account:a1'"),
        1);
}

static void test_taken(void **state)
{
    (void)state;
    assert_answer(stage_post(0, "/v1/accounts", "1", OPEN_A1), 201, "");
    struct stage_answer id = stage_post(
        0, "/v1/accounts", "2", "{\"account_id\":\"a1\",\"name\":\"Bob\",\"currency\":\"EUR\"}");
    assert_answer(id, 409, "ACCOUNT_EXISTS");
    struct stage_answer name =
        stage_post(0, "/v1/accounts", "3", "{\"name\":\"Ann \xc3\xa4\",\"currency\":\"EUR\"}");
    assert_answer(name, 409, "NAME_TAKEN");
    struct stage_answer again =
        stage_post(0, "/v1/accounts", "3", "{\"name\":\"Ann \xc3\xa4\",\"currency\":\"EUR\"}");
    assert_true(again.replayed);
    assert_string_equal(again.text, name.text);
    struct stage_answer made =
        stage_post(0, "/v1/accounts", "4", "{\"name\":\"Bob\",\"currency\":\"EUR\"}");
    assert_answer(made, 201, "");
    assert_int_equal(strlen(stage_value(&made, "account_id")), 36);
    assert_int_equal(stage_count(0, "account"), 2);
}

#define OPEN_WITH(minor_units, currency, policy)                                                   \
    "{\"account_id\":\"a1\",\"name\":\"n\",\"currency\":\"EUR\",\"policy\":\"" policy "\","        \
    "\"opening_balance\":{\"minor_units\":" minor_units ",\"currency\":\"" currency "\"}}"

/* One number of dc1's database. */
static int64_t number(const char *query)
{
    return gb_test_sql_int(stage.sql[0], query);
}

static void test_opening_balance_is_entered_once(void **state)
{
    (void)state;
    for (int dc = 1; dc >= 0; dc--) {
        struct stage_answer answer =
            stage_post(dc, "/v1/accounts", "open", OPEN_WITH("101", "EUR", "even"));
        assert_answer(answer, 201, "");
        assert_true(answer.replayed == (dc == 0));
    }
    assert_int_equal(number("SELECT balance FROM share WHERE account_id = 'a1'"), 51);
    assert_int_equal(number("SELECT out_total FROM share_link WHERE peer = 'dc2'"), 50);
    assert_int_equal(
        number("SELECT count(*) FROM ledger WHERE version = 1 AND kind = 15 AND amount"
               " = 101 AND client_no = 1 AND key = 'open:a1' AND trace_id IS NOT NULL"),
        1);
    assert_int_equal(number("SELECT count(*) FROM ledger WHERE version = 2 AND kind = 3 AND amount"
                            " = 50 AND peer = 'dc2' AND key IS NULL"),
                     1);
    assert_int_equal(stage_count(0, "ledger"), 2);
    assert_int_equal(number("SELECT count(*) FROM outbox WHERE stream = 'dc2' AND topic ="
                            " 'geobill.dc2.reserve-reply.v1'"),
                     1);
    static const struct {
        const char *body, *field;
    } others[] = {
        {OPEN_WITH("100", "EUR", "even"), "opening_balance"},
        {OPEN_WITH("101", "EUR", "home"), "policy"},
        {"{\"account_id\":\"a1\",\"name\":\"n\",\"currency\":\"EUR\"}", "opening_balance"},
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct stage_answer other = stage_post(0, "/v1/accounts", "open", others[i].body);
        assert_answer(other, 422, "IDEMPOTENCY_MISMATCH");
        assert_string_equal(other.field, others[i].field);
    }
    assert_answer(stage_post(0, "/v1/accounts", "taken", OPEN_WITH("7", "EUR", "even")), 409,
                  "ACCOUNT_EXISTS");
    assert_int_equal(stage_count(0, "ledger"), 2);
}

static void test_opening_balance_goes_home(void **state)
{
    (void)state;
    struct stage_call call = {.dc = 0,
                              .method = "POST",
                              .path = "/v1/accounts",
                              .token = WRITER2,
                              .key = "open",
                              .body = OPEN_WITH("101", "EUR", "home")};
    assert_answer(stage_call_by(stage.client, &call), 201, "");
    assert_int_equal(number("SELECT balance FROM share WHERE account_id = 'a1'"), 0);
    assert_int_equal(number("SELECT out_total FROM share_link WHERE peer = 'dc2'"), 101);
    assert_int_equal(stage_empty(state), 0);
    call.token = WRITER;
    assert_answer(stage_call_by(stage.client, &call), 201, "");
    assert_int_equal(number("SELECT balance FROM share WHERE account_id = 'a1'"), 101);
    assert_int_equal(stage_count(0, "share_link"), 0);
}

static void test_openings_that_are_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *body, *code, *field;
    } cases[] = {
        {"{\"currency\":\"EUR\"}", "FIELD_MISSING", "name"},
        {"{\"name\":\"n\"}", "FIELD_MISSING", "currency"},
        {"{\"name\":\"\",\"currency\":\"EUR\"}", "FIELD_INVALID", "name"},
        {"{\"name\":\"a\\u0007\",\"currency\":\"EUR\"}", "FIELD_INVALID", "name"},
        {"{\"name\":\"n\",\"currency\":\"EURO\"}", "FIELD_INVALID", "currency"},
        {"{\"name\":\"n\",\"currency\":\"EUR\",\"account_id\":\"a/b\"}", "FIELD_INVALID",
         "account_id"},
        {"{\"name\":\"n\",\"currency\":\"EUR\",\"balance\":5}", "FIELD_UNKNOWN", "balance"},
        {OPEN_WITH("5", "EUR", "odd"), "FIELD_INVALID", "policy"},
        {OPEN_WITH("-1", "EUR", "even"), "AMOUNT_INVALID", "opening_balance.minor_units"},
        {OPEN_WITH("1.0", "EUR", "even"), "AMOUNT_INVALID", "opening_balance.minor_units"},
        {OPEN_WITH("1000000000000001", "EUR", "even"), "AMOUNT_INVALID",
         "opening_balance.minor_units"},
        {OPEN_WITH("5", "USD", "even"), "CURRENCY_MISMATCH", "opening_balance.currency"},
        {"{\"name\":\"n\",\"currency\":\"EUR\",\"opening_balance\":5}", "FIELD_INVALID",
         "opening_balance"},
        {"{\"name\":\"n\",\"currency\":\"EUR\",\"opening_balance\":{}}", "FIELD_MISSING",
         "opening_balance.minor_units"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stage_answer answer = stage_post(0, "/v1/accounts", "k", cases[i].body);
        assert_answer(answer, 422, cases[i].code);
        assert_string_equal(answer.field, cases[i].field);
    }
    assert_int_equal(written(), 0);
}

#define SMS                                                                                        \
    "{\"service_id\":\"sms\",\"name\":\"Text\",\"price\":{\"minor_units\":9,\"currency\":\"EUR\"}" \
    "}"

static void test_add_service(void **state)
{
    (void)state;
    struct stage_answer first = stage_post(1, "/v1/services", "add", SMS); /* passed on */
    assert_answer(first, 201, "");
    assert_string_equal(first.location, "/v1/services/sms");
    assert_string_equal(stage_value(&first, "price.minor_units"), "9");
    assert_string_equal(stage_value(&first, "status"), "ACTIVE");
    struct stage_answer again = stage_post(0, "/v1/services", "add", SMS);
    assert_true(again.replayed);
    assert_string_equal(again.text, first.text);
    struct stage_answer read = stage_get(1, "/v1/services/sms");
    assert_string_equal(read.text, first.text);
    static const struct {
        const char *key, *body, *code, *field;
        int status;
    } others[] = {
        {"add",
         "{\"service_id\":\"sms\",\"name\":\"Text\",\"price\":{\"minor_units\":8,\"currency\":"
         "\"EUR\"}}",
         "IDEMPOTENCY_MISMATCH", "price", 422},
        {"add",
         "{\"service_id\":\"sms\",\"name\":\"Text\",\"price\":{\"minor_units\":9,\"currency\":"
         "\"USD\"}}",
         "IDEMPOTENCY_MISMATCH", "price.currency", 422},
        {"other", SMS, "SERVICE_EXISTS", "service_id", 409},
        {"third", "{\"name\":\"Text\",\"price\":{\"minor_units\":9,\"currency\":\"EUR\"}}",
         "NAME_TAKEN", "name", 409},
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct stage_answer answer = stage_post(0, "/v1/services", others[i].key, others[i].body);
        assert_answer(answer, others[i].status, others[i].code);
        assert_string_equal(answer.field, others[i].field);
    }
    assert_true(stage_post(0, "/v1/services", "other", SMS).replayed);
    /* One key space with accounts. */
    struct stage_answer account = stage_post(0, "/v1/accounts", "add", OPEN_A1);
    assert_answer(account, 422, "IDEMPOTENCY_MISMATCH");
    assert_string_equal(account.field, "kind");
    assert_int_equal(stage_count(0, "service"), 1);
    assert_int_equal(number("SELECT count(*) FROM outbox WHERE stream = 'catalogue' AND aggregateid"
                            " = 'service:sms' AND type = 'geobill.service.v1'"),
                     1);
    struct stage_answer list = stage_get(0, "/v1/services?limit=1");
    assert_string_equal(stage_value(&list, "data.0.service_id"), "sms");
    assert_string_equal(stage_value(&list, "has_more"), "false");
    assert_answer(stage_get(1, "/v1/services/none"), 404, "SERVICE_NOT_FOUND");
}

static struct stage_answer change_service(int dc, const char *body)
{
    struct stage_call call = {
        .dc = dc, .method = "PATCH", .path = "/v1/services/sms", .token = WRITER, .body = body};
    return stage_call_by(stage.client, &call);
}

static void test_change_service(void **state)
{
    (void)state;
    assert_answer(change_service(0, "{\"status\":\"RETIRED\"}"), 404, "SERVICE_NOT_FOUND");
    assert_answer(stage_post(0, "/v1/services", "add", SMS), 201, "");
    for (int i = 0; i < 2; i++) { /* again changes nothing */
        struct stage_answer answer = change_service(
            1, "{\"price\":{\"minor_units\":12,\"currency\":\"EUR\"},\"status\":\"ACTIVE\"}");
        assert_answer(answer, 200, "");
        assert_string_equal(stage_value(&answer, "price.minor_units"), "12");
        assert_string_equal(stage_value(&answer, "version"), "2");
    }
    struct stage_answer answer = change_service(0, "{\"status\":\"RETIRED\"}");
    assert_string_equal(stage_value(&answer, "status"), "RETIRED");
    assert_string_equal(stage_value(&answer, "version"), "3");
    assert_string_equal(stage_value(&answer, "price.minor_units"), "12");
    static const struct {
        const char *body, *code, *field;
    } wrong[] = {
        {"{}", "FIELD_MISSING", "price"},
        {"{\"status\":\"OLD\"}", "FIELD_INVALID", "status"},
        {"{\"price\":{\"minor_units\":0,\"currency\":\"EUR\"}}", "AMOUNT_INVALID",
         "price.minor_units"},
        {"{\"price\":{\"minor_units\":5,\"currency\":\"USD\"}}", "CURRENCY_MISMATCH",
         "price.currency"},
        {"{\"name\":\"n\"}", "FIELD_UNKNOWN", "name"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        answer = change_service(0, wrong[i].body);
        assert_answer(answer, 422, wrong[i].code);
        assert_string_equal(answer.field, wrong[i].field);
    }
    assert_int_equal(number("SELECT version FROM service"), 3);
    assert_int_equal(number("SELECT count(*) FROM outbox WHERE stream = 'catalogue'"), 3);
    /* The first answer stands. */
    answer = stage_post(0, "/v1/services", "add", SMS);
    assert_true(answer.replayed);
    assert_string_equal(stage_value(&answer, "price.minor_units"), "9");
}

static struct stage_answer change(int dc, const char *method, const char *body)
{
    struct stage_call call = {
        .dc = dc, .method = method, .path = "/v1/accounts/a1", .token = WRITER, .body = body};
    return stage_call_by(stage.client, &call);
}

static void test_change_account(void **state)
{
    (void)state;
    static const char block[] = "{\"status\":\"BLOCKED\"}", unblock[] = "{\"status\":\"OPEN\"}";
    assert_answer(change(0, "PATCH", block), 404, "ACCOUNT_NOT_FOUND");
    assert_answer(stage_post(0, "/v1/accounts", "open", OPEN_A1), 201, "");
    struct stage_answer answer = change(1, "PATCH", block);
    assert_answer(answer, 200, "");
    assert_string_equal(stage_value(&answer, "status"), "BLOCKED");
    assert_string_equal(stage_value(&answer, "version"), "2");
    answer = change(0, "PATCH", block); /* nothing changes */
    assert_string_equal(stage_value(&answer, "version"), "2");
    assert_int_equal(stage_count(0, "status_pending"), 1);
    answer = change(0, "PATCH", unblock);
    assert_string_equal(stage_value(&answer, "status"), "OPEN");
    answer = change(0, "DELETE", NULL);
    assert_answer(answer, 200, "");
    assert_string_equal(stage_value(&answer, "status"), "CLOSING");
    answer = change(0, "DELETE", NULL);
    assert_string_equal(stage_value(&answer, "version"), "4");
    assert_answer(change(0, "PATCH", block), 409, "STATUS_CONFLICT");
    answer = change(0, "PATCH", unblock); /* a closing account may be opened again */
    assert_string_equal(stage_value(&answer, "version"), "5");
    gb_test_sql(stage.sql[0], "UPDATE account SET status = 4");
    assert_answer(change(0, "PATCH", unblock), 409, "STATUS_CONFLICT");
    answer = change(0, "DELETE", NULL);
    assert_string_equal(stage_value(&answer, "status"), "CLOSED");
    assert_answer(change(0, "PATCH", "{\"status\":\"CLOSED\"}"), 422, "FIELD_INVALID");
    assert_answer(change(0, "PATCH", "{}"), 422, "FIELD_MISSING");
    assert_int_equal(
        gb_test_sql_int(stage.sql[0], "SELECT count(*) FROM outbox WHERE stream = 'catalogue'"), 5);
}

#define CASE(name) cmocka_unit_test_setup(name, stage_empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_bodies),
        CASE(test_long_members),
        CASE(test_keys),
        CASE(test_methods_types_and_paths),
        CASE(test_traces),
        CASE(test_clients),
        CASE(test_open_account),
        CASE(test_taken),
        CASE(test_openings_that_are_wrong),
        CASE(test_opening_balance_is_entered_once),
        CASE(test_opening_balance_goes_home),
        CASE(test_change_account),
        CASE(test_add_service),
        CASE(test_change_service),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
