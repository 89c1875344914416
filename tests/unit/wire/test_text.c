#include "unit/wire/cm.h"

#include <jansson.h>
#include <string.h>

#include "wire/text.h"

static void plain_text_is_let_in(void **state)
{
    (void)state;
    static const char *const good[] = {
        "",
        " ",
        "~",
        "twelve chars and more than eight",
        "\xc2\x80",
        "\xc2\x9f",
        "\xc2\xa0",
        "\xc3\xbc",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "1234567\xc3\xbc\x31\x32\x33\x34\x35\x36\x37",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(gb_text_valid(good[i], strlen(good[i])));
}

static void the_rest_is_not(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\x01",
        "\x1f",
        "\x7f",
        "\n",
        "1234567\x1f",
        "1234567\x7f",
        "12345678\x01",
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc2",
        "\xc2\x41",
        "\xe0\x9f\xbf",
        "\xe2\x82",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xf8\x88\x80\x80\x80",
        "\xff",
        "\xfe",
        "1234567\xff",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (gb_text_valid(bad[i], strlen(bad[i])))
            fail_msg("case %zu was let in", i);
    }
    assert_false(gb_text_valid("a\0b", 3));
    assert_false(gb_text_valid("1234567\0", 8));
}

static bool is_control(unsigned code)
{
    return code < 0x20 || code == 0x7f;
}

/* jansson has a UTF-8 check of its own; only control characters it lets through. */
static void agrees_with_jansson(const unsigned char *bytes, size_t size, bool control)
{
    json_t *theirs = json_stringn((const char *)bytes, size);
    bool ours = gb_text_valid((const char *)bytes, size);
    if (ours != (theirs != NULL && !control))
        fail_msg("%02x %02x %02x %02x of %zu", bytes[0], bytes[1], bytes[2], bytes[3], size);
    json_decref(theirs);
}

static void every_short_text_is_judged_as_by_jansson(void **state)
{
    (void)state;
    unsigned char bytes[16] = {0};
    for (unsigned a = 0; a < 256; a++) {
        bytes[0] = (unsigned char)a;
        agrees_with_jansson(bytes, 1, is_control(a));
        for (unsigned b = 0; b < 256; b++) {
            bytes[1] = (unsigned char)b;
            bool control = is_control(a) || (a < 0x80 && is_control(b));
            agrees_with_jansson(bytes, 2, control);
        }
    }
}

/* Three and four bytes from where lengths, surrogates and the end of Unicode change. */
static void every_edge_is_judged_as_by_jansson(void **state)
{
    (void)state;
    static const unsigned char firsts[] = {0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0,
                                           0xf1, 0xf3, 0xf4, 0xf5, 0xf7, 0xf8, 0xff};
    static const unsigned char others[] = {0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0};
    unsigned char bytes[16] = {0};
    for (size_t a = 0; a < sizeof(firsts); a++) {
        for (unsigned i = 0; i < 9 * 9 * 9; i++) {
            bytes[0] = firsts[a];
            bytes[1] = others[i % 9];
            bytes[2] = others[i / 9 % 9];
            bytes[3] = others[i / 81];
            bool control = firsts[a] < 0xf0 && bytes[3] == 0x7f;
            agrees_with_jansson(bytes, 3, false);
            agrees_with_jansson(bytes, 4, control);
        }
    }
}

/* JSON escapes what is below 0x20, and nothing else. */
static void json_text_may_hold_a_del(void **state)
{
    (void)state;
    assert_true(gb_text_one_line("{\"a\":\"\x7f\"}", 9));
    assert_false(gb_text_one_line("{\n}", 3));
    assert_false(gb_text_one_line("{\xff}", 3));
}

static void characters_are_counted(void **state)
{
    (void)state;
    assert_int_equal(gb_text_characters("", 0), 0);
    assert_int_equal(gb_text_characters("abc", 3), 3);
    assert_int_equal(gb_text_characters("\xc3\xbc\xe2\x82\xac\xf0\x9f\x92\xb6", 9), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_is_let_in),
        cmocka_unit_test(the_rest_is_not),
        cmocka_unit_test(every_short_text_is_judged_as_by_jansson),
        cmocka_unit_test(every_edge_is_judged_as_by_jansson),
        cmocka_unit_test(json_text_may_hold_a_del),
        cmocka_unit_test(characters_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
