/* What a file was imported with first: kept as a whole, compared, never written over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/import_state.h"

static char folder[64], path[128];
static struct gb_err err;

static const struct gb_import_identity first = {
    .sha256 = "abc", .bytes = 10, .dcs = "dc1,dc2", .seed = 7, .currency = "EUR", .prefix = ""};

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/geobill-unit-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/f.csv.import-state", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder); /* fails when anything was left behind */
}

static void put(const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void test_kept_and_found_again(void **state)
{
    (void)state;
    bool kept = true;
    assert_int_equal(gb_import_state_check(path, &first, &kept, &err), GB_OK);
    assert_false(kept);
    assert_int_equal(gb_import_state_keep(path, &first, &err), GB_OK);
    assert_int_equal(gb_import_state_check(path, &first, &kept, &err), GB_OK);
    assert_true(kept);
    struct stat before, after;
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(gb_import_state_keep(path, &first, &err), GB_OK);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
}

static void assert_refused(struct gb_import_identity other, const char *code, const char *said)
{
    bool kept;
    assert_int_equal(gb_import_state_check(path, &other, &kept, &err), GB_POISON);
    assert_string_equal(err.code, code);
    assert_non_null(strstr(err.message, said));
    assert_int_equal(gb_import_state_keep(path, &other, &err), GB_POISON);
}

static void test_another_is_refused(void **state)
{
    (void)state;
    assert_int_equal(gb_import_state_keep(path, &first, &err), GB_OK);
    struct gb_import_identity other = first;
    other.dcs = "dc1,dc2,dc3";
    assert_refused(other, "OTHER_IMPORT", "with dc 'dc1,dc2', now it is 'dc1,dc2,dc3'");
    other = first;
    other.seed = 8;
    assert_refused(other, "OTHER_IMPORT", "with seed '7', now it is '8'");
    other = first;
    other.currency = "CZK";
    assert_refused(other, "OTHER_IMPORT", "with currency 'EUR', now it is 'CZK'");
    other = first;
    other.prefix = "x-";
    assert_refused(other, "OTHER_IMPORT", "with prefix '', now it is 'x-'");
    other = first;
    other.sha256 = "abd";
    assert_refused(other, "FILE_CHANGED", "is not the one");
    other = first;
    other.bytes = 11;
    assert_refused(other, "FILE_CHANGED", "is not the one");
    bool kept;
    assert_int_equal(gb_import_state_check(path, &first, &kept, &err), GB_OK);
}

static void test_what_is_no_state_is_left_alone(void **state)
{
    (void)state;
    const char *texts[] = {"", "{\"format\": 1", "[]", "{\"format\": 2}"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char text[64];
        put(texts[i]);
        assert_int_equal(gb_import_state_keep(path, &first, &err), GB_POISON);
        FILE *file = fopen(path, "re");
        assert_non_null(file);
        text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
        assert_int_equal(fclose(file), 0);
        assert_string_equal(text, texts[i]);
    }
}

static void test_nowhere_to_write(void **state)
{
    (void)state;
    assert_int_equal(gb_import_state_keep("/nowhere/at/all", &first, &err), GB_POISON);
    assert_non_null(strstr(err.message, "--state"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kept_and_found_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_no_state_is_left_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nowhere_to_write, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
