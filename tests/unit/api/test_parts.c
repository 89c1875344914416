/* The parts of the API that need neither HTTP nor a database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "api/client_cache.h"
#include "api/cursor.h"
#include "api/error_table.h"
#include "api/hold_id.h"
#include "api/json_text.h"
#include "api/known_accounts.h"
#include "api/learnt_accounts.h"
#include "api/read_body.h"
#include "api/read_headers.h"
#include "api/route_table.h"
#include "api/settings.h"
#include "api/views.h"

static struct gb_arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = gb_arena_new(256 * 1024);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gb_arena_free(arena);
    return 0;
}

static void assert_json(const struct gb_json_text *text, const char *wanted)
{
    struct gb_bytes json = gb_json_done(text);
    assert_non_null(json.data);
    assert_int_equal(json.size, strlen(wanted));
    assert_memory_equal(json.data, wanted, json.size);
}

static void test_json_members(void **state)
{
    (void)state;
    struct gb_json_text text;
    gb_json_init(&text, arena);
    gb_json_raw(&text, "{");
    gb_json_member_text(&text, "left_out", NULL);
    gb_json_member_text(&text, "a", "plain");
    gb_json_member_text(&text, "b", "\"\n\xc3\xa4");
    gb_json_member_int(&text, "c", INT64_MIN);
    gb_json_member_int(&text, "d", 0);
    gb_json_member_int(&text, "e", INT64_MAX);
    gb_json_member_time(&text, "left_out", 0);
    gb_json_member_time(&text, "f", 1000001);
    gb_json_member_money(&text, "g", -5, "EUR");
    gb_json_raw(&text, "}");
    assert_json(&text,
                "{\"a\":\"plain\",\"b\":\"\\\"\\u000a\xc3\xa4\",\"c\":-9223372036854775808,\"d\":0,"
                "\"e\":9223372036854775807,\"f\":\"1970-01-01T00:00:01.000001Z\","
                "\"g\":{\"minor_units\":-5,\"currency\":\"EUR\"}}");
}

static void test_json_grows_and_overflows(void **state)
{
    (void)state;
    struct gb_json_text text;
    gb_json_init(&text, arena);
    for (int i = 0; i < 10000; i++)
        gb_json_raw(&text, "x");
    assert_int_equal(gb_json_done(&text).size, 10000);
    for (int i = 0; i < 300 * 1024; i++)
        gb_json_raw(&text, "x");
    assert_null(gb_json_done(&text).data);
    assert_int_equal(gb_json_done(&text).size, 0);
}

static void test_location(void **state)
{
    (void)state;
    assert_string_equal(gb_api_location("/v1/operations/", "dc1:a b/\"%~", arena),
                        "/v1/operations/dc1:a%20b%2F%22%25~");
}

static void test_errors(void **state)
{
    (void)state;
    for (int i = 0; i < GB_API_ERRORS; i++) {
        const struct gb_api_error_row *row = gb_api_error_row((enum gb_api_error)i);
        assert_non_null(row->code);
        assert_non_null(row->title);
        assert_non_null(row->about);
        assert_in_range(row->status, 400, 503);
        assert_int_equal(row->retryable, row->status == 503);
        assert_int_equal(gb_api_error_of(row->code), i); /* each code stands once */
    }
    assert_int_equal(gb_api_error_of("SOMETHING_ELSE"), GB_API_OPERATION_REFUSED);
}

static void test_routes(void **state)
{
    (void)state;
    for (size_t i = 0; i < gb_api_routes_count; i++) {
        const struct gb_api_route *route = &gb_api_routes[i];
        assert_true(route->prepare != NULL || route->work != NULL);
        assert_true(route->role >= GB_ROLE_READ && route->role <= GB_ROLE_ADMIN);
        bool operates = strncmp(route->path, "/v1/dead-letters", 16) == 0 ||
                        strncmp(route->path, "/v1/proposals", 13) == 0;
        bool reads = strcmp(route->method, "GET") == 0;
        assert_int_equal(route->role, operates ? GB_ROLE_OPERATE
                                      : reads  ? GB_ROLE_READ
                                               : GB_ROLE_WRITE);
        for (size_t j = 0; j < i; j++)
            assert_false(strcmp(route->path, gb_api_routes[j].path) == 0 &&
                         strcmp(route->method, gb_api_routes[j].method) == 0);
    }
}

static void test_numbers(void **state)
{
    (void)state;
    int64_t number;
    static const char *const bad[] = {
        "", " 1", "1 ", "-1", "+1", "0x1", "1.0", "1001", "99999999999999999999"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(gb_api_read_number(bad[i], 1000, &number));
    assert_true(gb_api_read_number("0", 1000, &number));
    assert_int_equal(number, 0);
    assert_true(gb_api_read_number("1000", 1000, &number));
    assert_int_equal(number, 1000);
    assert_true(gb_api_read_number("9223372036854775807", INT64_MAX, &number));
    assert_int_equal(number, INT64_MAX);
}

static const char *parse(const char *text)
{
    json_t *root;
    const char *why = gb_api_json_parse((struct gb_bytes){text, strlen(text)}, arena, &root);
    assert_true((why == NULL) == (root != NULL));
    json_decref(root);
    return why;
}

static void test_json_bodies(void **state)
{
    (void)state;
    assert_null(parse("{}"));
    assert_null(parse("{\"a\":{\"a\":[[[[[[1]]]]]]}}")); /* 8 levels */
    assert_non_null(parse("{\"a\":{\"a\":[[[[[[[1]]]]]]]}}"));
    assert_null(parse("{\"a\":\"[[[[[[[[[[\\\"{{{{\"}")); /* inside of a string they are text */
    static const char *const bad[] = {
        "",           "{",     "[]",         "1",           "{}{}",  "{\"a\":1,\"a\":2}",
        "{\"a\":1,}", "{a:1}", "{\"a\":01}", "{\"a\":nan}", "// {}", "{\"a\":\"\\ud800\"}",
        "\"",         "\\"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_non_null(parse(bad[i]));
    char *deep = malloc(200001);
    memset(deep, '[', 200000);
    deep[200000] = '\0';
    assert_string_equal(parse(deep), "nested deeper than 8 levels"); /* and no stack is used up */
    free(deep);
}

static void test_cursor_text(void **state)
{
    (void)state;
    static const char *const texts[] = {"{}", "{\"a\":1}", "{\"a\":12}", "{\"a\":\"\xc3\xa4?>\"}"};
    static const char *const cursors[] = {"e30", "eyJhIjoxfQ", "eyJhIjoxMn0", "eyJhIjoiw6Q_PiJ9"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        json_t *object = json_loads(texts[i], 0, NULL);
        assert_string_equal(gb_api_cursor_encode(object, arena), cursors[i]);
        json_decref(object);
    }
}

static void test_client_cache(void **state)
{
    (void)state;
    struct gb_api_client_cache *cache = gb_api_client_cache_new();
    uint8_t hash[GB_DIGEST_SIZE] = {1, 2, 3}, same_slot[GB_DIGEST_SIZE] = {1, 2, 4};
    struct gb_api_client client = {.client_no = {7}, .role = GB_ROLE_WRITE}, found;
    const int64_t start = 5000000, second = 1000000;
    assert_int_equal(gb_api_client_cache_find(cache, hash, start, &found), GB_API_CLIENT_UNKNOWN);
    gb_api_client_cache_put(cache, hash, client, start);
    assert_int_equal(gb_api_client_cache_find(cache, hash, start + second - 1, &found),
                     GB_API_CLIENT_KNOWN);
    assert_int_equal(found.client_no.value, 7);
    assert_int_equal(gb_api_client_cache_find(cache, same_slot, start, &found),
                     GB_API_CLIENT_UNKNOWN);
    /* After a second one looks again, the others go on; not for ever. */
    assert_int_equal(gb_api_client_cache_find(cache, hash, start + second, &found),
                     GB_API_CLIENT_STALE);
    assert_int_equal(gb_api_client_cache_find(cache, hash, start + second, &found),
                     GB_API_CLIENT_KNOWN);
    assert_int_equal(gb_api_client_cache_find(cache, hash, start + 3 * second, &found),
                     GB_API_CLIENT_UNKNOWN);
    gb_api_client_cache_put(cache, hash, client, start + 3 * second);
    assert_int_equal(gb_api_client_cache_find(cache, hash, start + 3 * second, &found),
                     GB_API_CLIENT_KNOWN);
    gb_api_client_cache_put(cache, same_slot, client, start + 3 * second);
    assert_int_equal(gb_api_client_cache_find(cache, hash, start + 3 * second, &found),
                     GB_API_CLIENT_UNKNOWN);
    gb_api_client_cache_free(cache);
}

static void test_known_accounts(void **state)
{
    (void)state;
    struct gb_api_known_accounts *accounts = gb_api_known_accounts_new();
    struct gb_account_no no;
    struct gb_currency currency;
    assert_false(gb_api_known_accounts_find(accounts, "a1", &no, &currency));
    assert_false(gb_api_known_accounts_find(accounts, "", &no, &currency));
    /* More than there are slots: whatever is found is right. */
    enum { MANY = 200000 };
    char id[16];
    int found = 0;
    for (int i = 1; i <= MANY; i++) {
        (void)snprintf(id, sizeof(id), "a%d", i);
        gb_api_known_accounts_put(accounts, id, (struct gb_account_no){i},
                                  (struct gb_currency){"EUR"});
        assert_true(gb_api_known_accounts_find(accounts, id, &no, &currency));
    }
    for (int i = 1; i <= MANY; i++) {
        (void)snprintf(id, sizeof(id), "a%d", i);
        if (!gb_api_known_accounts_find(accounts, id, &no, &currency))
            continue;
        assert_int_equal(no.value, i);
        assert_string_equal(currency.code, "EUR");
        found++;
    }
    assert_in_range(found, 50000, 65536);
    gb_api_known_accounts_free(accounts);
}

static void test_learnt_accounts(void **state)
{
    (void)state;
    struct gb_api_learnt_accounts *accounts = gb_api_learnt_accounts_new();
    struct gb_api_account account = {.account_no = {9},
                                     .currency = {"EUR"},
                                     .status = GB_STATUS_OPEN},
                          found;
    assert_false(gb_api_learnt_accounts_find(accounts, "a1", 1, &found));
    assert_false(gb_api_learnt_accounts_find(accounts, "", 1, &found));
    gb_api_learnt_accounts_put(accounts, "a1", account, 1);
    assert_true(gb_api_learnt_accounts_find(accounts, "a1", 5000000, &found));
    assert_int_equal(found.account_no.value, 9);
    assert_false(gb_api_learnt_accounts_find(accounts, "a2", 5000000, &found));
    assert_false(gb_api_learnt_accounts_find(accounts, "a1", 5000001, &found));
    gb_api_learnt_accounts_free(accounts);
}

static struct gb_config *config_of(const char *text)
{
    char path[] = "/tmp/geobill-api-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
    struct gb_config *config;
    struct gb_err err;
    assert_int_equal(gb_config_load(path, NULL, 0, &config, &err), GB_OK);
    (void)unlink(path);
    return config;
}

static void test_settings(void **state)
{
    (void)state;
    struct gb_config *config =
        config_of("[datacenter]\ncode=dc2\ncatalogue=dc1\n[peer.dc1]\napi=http://one\n"
                  "[peer.dc2]\napi=http://ourselves\n[peer.dc3]\napi=http://three\n");
    struct gb_api_settings settings;
    struct gb_err err;
    assert_int_equal(gb_api_settings_read(config, &settings, &err), GB_OK);
    assert_int_equal(settings.peers_count, 2);
    assert_string_equal(gb_api_peer_find(&settings, (struct gb_dc){"dc3"})->url, "http://three");
    assert_null(gb_api_peer_find(&settings, (struct gb_dc){"dc2"}));
    static const struct {
        const char *key, *home, *owner;
        bool known;
    } cases[] = {
        {"k", "dc2", "dc2", true},      {"k", "dc3", "dc3", true},
        {"k", "dc9", "dc9", false},     {"dc1:k", "dc2", "dc1", true},
        {"dc2:", "dc1", "dc2", true},   {"dc9:k", "dc2", "dc9", false},
        {"dc01:k", "dc2", "dc2", true}, {"dc1", "dc2", "dc2", true},
        {"xdc1:k", "dc2", "dc2", true}, {"dc10000:k", "dc2", "dc2", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gb_dc home, owner;
        assert_true(gb_dc_parse(cases[i].home, &home));
        assert_int_equal(gb_api_key_owner(&settings, cases[i].key, home, &owner), cases[i].known);
        assert_string_equal(owner.code, cases[i].owner);
    }
    gb_config_free(config);
}

static void test_settings_that_are_wrong(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "[datacenter]\ncatalogue=dc1\n",
        "[datacenter]\ncode=dc1\n",
        "[datacenter]\ncode=one\ncatalogue=dc1\n",
        "[datacenter]\ncode=dc1\ncatalogue=dc2\n", /* and nobody to ask */
        "[datacenter]\ncode=dc1\ncatalogue=dc1\n[peer.two]\napi=http://two\n",
        "[datacenter]\ncode=dc1\ncatalogue=dc1\n[peer.dc2]\nconninfo=x\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct gb_config *config = config_of(texts[i]);
        struct gb_api_settings settings;
        struct gb_err err;
        assert_int_equal(gb_api_settings_read(config, &settings, &err), GB_FATAL);
        gb_config_free(config);
    }
}

static void test_hold_ids(void **state)
{
    (void)state;
    static const char text[] = "dc12-018fa0b1-c2d3-7e45-89ab-cdef001122ff";
    struct gb_dc dc;
    struct gb_uuid id;
    assert_true(gb_api_hold_id_parse(text, &dc, &id));
    assert_string_equal(dc.code, "dc12");
    assert_string_equal(gb_api_hold_id_format(dc, id, arena), text);
    static const char *const none[] = {"",
                                       "dc1",
                                       "dc1-",
                                       "-018fa0b1-c2d3-7e45-89ab-cdef001122ff",
                                       "018fa0b1-c2d3-7e45-89ab-cdef001122ff",
                                       "dc0-018fa0b1-c2d3-7e45-89ab-cdef001122ff",
                                       "dc1234567890123-018fa0b1-c2d3-7e45-89ab-cdef001122ff",
                                       "dc1-018fa0b1-c2d3-7e45-89ab-cdef001122f"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_false(gb_api_hold_id_parse(none[i], &dc, &id));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_json_members),
        CASE(test_json_grows_and_overflows),
        CASE(test_location),
        CASE(test_errors),
        CASE(test_routes),
        CASE(test_numbers),
        CASE(test_json_bodies),
        CASE(test_cursor_text),
        CASE(test_client_cache),
        CASE(test_known_accounts),
        CASE(test_learnt_accounts),
        CASE(test_settings),
        CASE(test_settings_that_are_wrong),
        CASE(test_hold_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
