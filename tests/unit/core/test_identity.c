#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/identity.h"

static void codes_have_one_form(void **state)
{
    (void)state;
    static const char *const good[] = {"dc1", "dc9", "dc10", "dc909", "dc9999"};
    static const char *const bad[] = {"",         "d",    "dc",   "dc0",  "dc01",   "dc10000",
                                      "dc12345x", "DC1",  "dx1",  "dc1 ", "dc-",    "dca",
                                      "dc1a",     "dc1:", " dc1", "dc:1", "dc99999"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct gb_dc dc;
        memset(&dc, 'x', sizeof(dc));
        assert_true(gb_dc_parse(good[i], &dc));
        assert_string_equal(dc.code, good[i]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct gb_dc dc = {.code = "old"};
        assert_false(gb_dc_parse(bad[i], &dc));
        assert_string_equal(dc.code, "old");
    }
}

static void codes_compare(void **state)
{
    (void)state;
    struct gb_dc a, b, c;
    assert_true(gb_dc_parse("dc1", &a));
    assert_true(gb_dc_parse("dc1", &b));
    assert_true(gb_dc_parse("dc10", &c));
    assert_true(gb_dc_equal(a, b));
    assert_false(gb_dc_equal(a, c));
}

static void account_ids_are_plain_words(void **state)
{
    (void)state;
    char id[GB_ACCOUNT_ID_SIZE + 1];
    memset(id, 'a', sizeof(id));
    id[64] = '\0';
    assert_true(gb_account_id_valid(id));
    id[64] = 'a';
    id[65] = '\0';
    assert_false(gb_account_id_valid(id));
    assert_false(gb_account_id_valid(""));
    assert_true(gb_account_id_valid("A"));
    assert_true(gb_account_id_valid("AZaz09._-"));
    static const char around[] = "/:@[`{ ,^~\x7f\x1f\n\xc3";
    for (size_t i = 0; i + 1 < sizeof(around); i++) {
        char text[4] = {'a', around[i], 'b', '\0'};
        assert_false(gb_account_id_valid(text));
    }
}

static void keys_are_printable_ascii(void **state)
{
    (void)state;
    char key[GB_KEY_SIZE + 1];
    memset(key, 'k', sizeof(key));
    key[200] = '\0';
    assert_true(gb_key_valid(key));
    key[200] = 'k';
    key[201] = '\0';
    assert_false(gb_key_valid(key));
    assert_false(gb_key_valid(""));
    assert_true(gb_key_valid("!"));
    assert_true(gb_key_valid("a b~"));
    assert_false(gb_key_valid(" a"));
    assert_false(gb_key_valid("a "));
    assert_false(gb_key_valid(" "));
    assert_false(gb_key_valid("a\tb"));
    assert_false(gb_key_valid("a\x7f"));
    assert_false(gb_key_valid("\xc3\xa9"));
}

static void reserved_form_names_the_owner(void **state)
{
    (void)state;
    struct gb_dc dc;
    assert_true(gb_key_prefix("dc1:x", &dc));
    assert_string_equal(dc.code, "dc1");
    assert_true(gb_key_prefix("dc9999:", &dc));
    assert_string_equal(dc.code, "dc9999");
    static const char *const free_keys[] = {"",          "dc1",   "dc0:x", "dc01:x",
                                            "dc12345:x", "DC1:x", "x"};
    for (size_t i = 0; i < sizeof(free_keys) / sizeof(free_keys[0]); i++)
        assert_false(gb_key_prefix(free_keys[i], &dc));
    assert_string_equal(dc.code, "dc9999");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_have_one_form),           cmocka_unit_test(codes_compare),
        cmocka_unit_test(account_ids_are_plain_words),   cmocka_unit_test(keys_are_printable_ascii),
        cmocka_unit_test(reserved_form_names_the_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
