/* A file of movements: what is read from a sound one, and every wrong line by its number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/import_fields.h"

#define HEAD GB_IMPORT_HEADER "\n"
#define LONG_64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
enum { PRINTED_MAX = 1000 };

static const struct gb_import_rules everything = {"", false};
static const struct gb_import_rules only_credit = {"", true};

/* What was read last; the next reading frees it. */
static struct gb_import_file *file;
static char *printed;
static size_t problems_count;

static int forget(void **state)
{
    (void)state;
    gb_import_file_free(file);
    free(printed);
    file = NULL;
    printed = NULL;
    return 0;
}

static void read_bytes(const char *data, size_t size, const struct gb_import_rules *rules,
                       size_t printed_max)
{
    forget(NULL);
    size_t printed_size;
    FILE *out = open_memstream(&printed, &printed_size);
    assert_non_null(out);
    struct gb_import_problems problems = {.out = out, .path = "f", .printed_max = printed_max};
    file = gb_import_file_of(data, size);
    gb_import_file_read(file, rules, &problems);
    assert_int_equal(fclose(out), 0);
    problems_count = problems.count;
}

static void read_text(const char *text, const struct gb_import_rules *rules)
{
    read_bytes(text, strlen(text), rules, PRINTED_MAX);
}

static void assert_sound(const char *text, uint32_t movements)
{
    read_text(text, &everything);
    assert_string_equal(printed, "");
    assert_int_equal(problems_count, 0);
    assert_int_equal(file->movements_count, movements);
}

static void assert_wrong(const char *text, const char *said)
{
    read_text(text, &everything);
    assert_string_equal(printed, said);
}

static const char two_accounts[] = HEAD "r1,1993-01-01,A,credit,100,100\n"
                                        "r2,1993-01-01,B,credit,50,50\n"
                                        "r3,1993-01-02,A,debit,30,70\n"
                                        "r4,1993-01-03,A,credit,5,75\n";

static void test_movements_are_chained_by_account(void **state)
{
    (void)state;
    assert_sound(two_accounts, 4);
    assert_int_equal(file->accounts_count, 2);
    const struct gb_import_account *a = &file->accounts[0], *b = &file->accounts[1];
    assert_string_equal(a->name, "A");
    assert_int_equal(a->count, 3);
    assert_int_equal(a->first, 0);
    assert_int_equal(file->movements[0].next, 2);
    assert_int_equal(file->movements[2].next, 3);
    assert_int_equal(file->movements[3].next, GB_IMPORT_NONE);
    assert_string_equal(file->movements[2].reference, "r3");
    assert_string_equal(file->movements[2].date, "1993-01-02");
    assert_int_equal(file->movements[2].kind, GB_IMPORT_DEBIT);
    assert_int_equal(file->movements[2].amount, 30);
    assert_int_equal(file->movements[2].line, 4);
    assert_int_equal(gb_import_expected(a, false), 75);
    assert_int_equal(b->count, 1);
    assert_int_equal(gb_import_expected(b, false), 50);
    assert_int_equal(file->lines_of[GB_IMPORT_CREDIT], 3);
    assert_int_equal(file->lines_of[GB_IMPORT_DEBIT], 1);
}

static void test_only_credit_leaves_debits_out(void **state)
{
    (void)state;
    read_text(two_accounts, &only_credit);
    assert_int_equal(problems_count, 0);
    assert_int_equal(file->movements_count, 3);
    assert_int_equal(file->accounts[0].count, 2);
    assert_int_equal(file->movements[0].next, 2);
    assert_int_equal(gb_import_expected(&file->accounts[0], true), 105);
    assert_int_equal(file->lines_of[GB_IMPORT_DEBIT], 1);
    read_text(HEAD "r1,1993-01-01,A,debit,30,70\n", &only_credit);
    assert_int_equal(file->accounts[0].count, 0);
    assert_int_equal(file->accounts[0].first, GB_IMPORT_NONE);
}

static void test_files_that_differ_only_in_shape(void **state)
{
    (void)state;
    assert_sound(HEAD, 0);
    assert_sound(GB_IMPORT_HEADER, 0);
    assert_sound(HEAD "r1,1993-01-01,A,credit,100,100", 1); /* no newline at the end */
    assert_sound(GB_IMPORT_HEADER "\r\nr1,1993-01-01,A,credit,100,100\r\n", 1);
    assert_sound("\xef\xbb\xbf" HEAD "r1,1993-01-01,A,credit,100,100\n", 1);
    assert_sound("\"reference\",\"date\",\"account\",kind,amount_minor,\"balance_after_minor\"\n"
                 "\"r,\"\"1\",\"1993-01-01\",\"A\",\"credit\",\"100\",\"100\"\n",
                 1);
    assert_string_equal(file->movements[0].reference, "r,\"1");
    read_text(HEAD "r1,2000-02-29,A,credit,1000000000000000,9007199254740991\n", &only_credit);
    assert_int_equal(problems_count, 0);
    assert_int_equal(file->accounts[0].balance, INT64_C(9007199254740991));
}

static void test_header(void **state)
{
    (void)state;
    const char *must = "; it must be: " GB_IMPORT_HEADER "\n";
    const struct {
        const char *text, *said;
    } cases[] = {
        {"", "is not the header"},
        {"r1,1993-01-01,A,credit,100,100", "is not the header"},
        {"date,reference,account,kind,amount_minor,balance_after_minor",
         "the columns stand in another order"},
        {GB_IMPORT_HEADER ",more", "there are more columns"},
        {"reference,date,account,kind,amount_minor", "is not the header"},
        {"reference;date;account;kind;amount_minor;balance_after_minor", "is not the header"},
        {"\"reference", "is not the header"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char said[256];
        snprintf(said, sizeof(said), "f: line 1: %s%s", cases[i].said, must);
        assert_wrong(cases[i].text, said);
    }
}

/* A field that is wrong, in a line that is right but for it. */
static void assert_field(const char *line, const char *said)
{
    char text[1024], expected[512];
    snprintf(text, sizeof(text), HEAD "%s\n", line);
    snprintf(expected, sizeof(expected), "f: line 2: %s\n", said);
    assert_wrong(text, expected);
}

static void test_dates(void **state)
{
    (void)state;
    const char *dates[] = {"1993-02-29",  "1900-02-29", "1993-13-01", "1993-00-10", "1993-04-31",
                           "1993-01-00",  "0000-01-01", "930101",     "1993/01/01", "1993-1-1",
                           "1993-01-01T", "",           "1993-0a-01"};
    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        char line[64], said[128];
        snprintf(line, sizeof(line), "r1,%s,A,credit,1,1", dates[i]);
        snprintf(said, sizeof(said), "date \"%s\" is not a date YYYY-MM-DD", dates[i]);
        assert_field(line, said);
    }
}

static void test_numbers(void **state)
{
    (void)state;
    const char *amounts[][2] = {{"-5", "is negative"},
                                {"0", "is zero"},
                                {"1000000000000001", "is too large"},
                                {"99999999999999999999999999", "is too large"},
                                {"1.5", "is not a whole number"},
                                {"+5", "is not a whole number"},
                                {" 5", "is not a whole number"},
                                {"5 ", "is not a whole number"},
                                {"1e3", "is not a whole number"},
                                {"-", "is not a whole number"},
                                {"", "is not a whole number"}};
    char line[128], said[128];
    for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++) {
        snprintf(line, sizeof(line), "r1,1993-01-01,A,credit,%s,9", amounts[i][0]);
        snprintf(said, sizeof(said), "amount_minor \"%s\" %s", amounts[i][0], amounts[i][1]);
        assert_field(line, said);
    }
    assert_field("r1,1993-01-01,A,credit,1,-1", "balance_after_minor \"-1\" is negative");
    assert_field("r1,1993-01-01,A,credit,1,9007199254740992",
                 "balance_after_minor \"9007199254740992\" is too large");
}

static void test_names(void **state)
{
    (void)state;
    const char *key = "cannot be part of a key: printable ASCII without a space at the ends, with "
                      "datacenter and prefix at most 200";
    const char *id = "cannot be an account_id: A-Z a-z 0-9 . _ -, with prefix at most 64";
    const char *references[][2] = {{"", ""}, {" r", " r"}, {"r ", "r "}, {"r\xc3\xa9", "r??"}};
    char line[256], said[320];
    for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++) {
        snprintf(line, sizeof(line), "%s,1993-01-01,A,credit,1,1", references[i][0]);
        snprintf(said, sizeof(said), "reference \"%s\" %s", references[i][1], key);
        assert_field(line, said);
    }
    const char *accounts[][2] = {{"", ""}, {"a b", "a b"}, {"a/b", "a/b"}, {"\x01", "?"}};
    for (size_t i = 0; i < sizeof(accounts) / sizeof(accounts[0]); i++) {
        snprintf(line, sizeof(line), "r1,1993-01-01,%s,credit,1,1", accounts[i][0]);
        snprintf(said, sizeof(said), "account \"%s\" %s", accounts[i][1], id);
        assert_field(line, said);
    }
    assert_field("r1,1993-01-01,A,Credit,1,1", "kind \"Credit\" is neither credit nor debit");
    assert_field("r1,1993-01-01," LONG_64 "a,credit,1,1",
                 "account \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\" cannot be an "
                 "account_id: A-Z a-z 0-9 . _ -, with prefix at most 64");
    assert_sound(HEAD "r1,1993-01-01," LONG_64 ",credit,1,1\n", 1);
}

static void test_a_prefix_takes_room(void **state)
{
    (void)state;
    const struct gb_import_rules rules = {"p", false};
    read_text(HEAD "r1,1993-01-01," LONG_64 ",credit,1,1\n", &rules);
    assert_int_equal(problems_count, 1);
    char text[512];
    snprintf(text, sizeof(text), HEAD "%s%s%s,1993-01-01,A,credit,1,1\n", LONG_64, LONG_64,
             LONG_64);
    read_text(text, &everything); /* 192 characters behind "dc9999:" */
    assert_int_equal(problems_count, 0);
    const struct gb_import_rules longer = {"12345678", false};
    read_text(text, &longer);
    assert_int_equal(problems_count, 1);
}

static void test_all_wrong_lines_are_named(void **state)
{
    (void)state;
    assert_wrong(HEAD "r1,1993-01-01,A,credit,100,100\n"
                      "r2,1993-01-01,A,credit,100\n"
                      "\n"
                      "r1,1993-01-01,B,credit,1,1\n"
                      "r5,nonsense,B,gift,-1,1\n"
                      "r6,1993-01-01,C,credit,7,7,more\n"
                      "\"r7,1993-01-01,C,credit,7,7\n"
                      "r8,1993-01-01,D,credit,7,7\n",
                 "f: line 3: 5 fields instead of 6\n"
                 "f: line 4: is empty\n"
                 "f: line 5: reference r1 stands already on line 2\n"
                 "f: line 6: date \"nonsense\" is not a date YYYY-MM-DD\n"
                 "f: line 6: kind \"gift\" is neither credit nor debit\n"
                 "f: line 6: amount_minor \"-1\" is negative\n"
                 "f: line 7: 7 fields instead of 6\n"
                 "f: line 8: a quoted field does not end on its line\n");
    static const char zero[] = HEAD "r1,1993-01-01,A\0,credit,1,1\n";
    read_bytes(zero, sizeof(zero) - 1, &everything, PRINTED_MAX);
    assert_string_equal(printed, "f: line 2: a zero byte\n");
}

static void test_chains(void **state)
{
    (void)state;
    assert_wrong(HEAD "r1,1993-01-01,A,credit,100,100\n"
                      "r2,1993-01-01,A,credit,50,200\n"
                      "r3,1993-01-01,A,debit,50,150\n"
                      "r4,1993-01-01,A,debit,50,150\n"
                      "r5,1993-01-01,B,credit,50,20\n",
                 "f: line 3: balance_after_minor is 200, but 100 and a credit of 50 make 150\n"
                 "f: line 5: balance_after_minor is 150, but 150 and a debit of 50 make 100\n"
                 "f: line 6: a credit of 50 leads to balance_after_minor 20: account B was below "
                 "zero\n");
    /* An account that begins with money could not pay its debits; its credits alone are fine. */
    assert_wrong(HEAD "r1,1993-01-01,A,credit,100,500\n",
                 "f: line 2: account A begins with 400: its earlier movements are missing, and its "
                 "debits could not be paid\n");
    read_text(HEAD "r1,1993-01-01,A,credit,100,500\n", &only_credit);
    assert_int_equal(problems_count, 0);
    /* A line that is wrong is not followed by others for it. */
    assert_wrong(HEAD "r1,1993-01-01,A,credit,100,100\n"
                      "r2,1993-01-01,A,credit,x,150\n"
                      "r3,1993-01-01,A,credit,10,160\n",
                 "f: line 3: amount_minor \"x\" is not a whole number\n");
    assert_wrong(HEAD "r1,1993-01-01,A,credit,x,100\n"
                      "r2,1993-01-01,A,credit,10,110\n",
                 "f: line 2: amount_minor \"x\" is not a whole number\n");
}

static void test_credits_have_a_bound(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fputs(HEAD, out);
    int64_t most = INT64_C(1000000000000000);
    for (int i = 0; i < 10; i++)
        fprintf(out, "c%d,1993-01-01,A,credit,%lld,%lld\nd%d,1993-01-01,A,debit,%lld,0\n", i,
                (long long)most, (long long)most, i, (long long)most);
    assert_int_equal(fclose(out), 0);
    read_text(text, &everything);
    assert_int_equal(problems_count, 0);
    read_text(text, &only_credit);
    assert_string_equal(
        printed, "f: line 20: the credits of account A come to more than 9007199254740991\n");
    free(text);
}

static void test_printing_has_a_bound(void **state)
{
    (void)state;
    static const char text[] = HEAD "1\n2\n3\n4\n5\n";
    read_bytes(text, sizeof(text) - 1, &everything, 2);
    assert_int_equal(problems_count, 5);
    assert_string_equal(printed,
                        "f: line 2: 1 field instead of 6\nf: line 3: 1 field instead of 6\n");
}

static void test_loading(void **state)
{
    (void)state;
    struct gb_err err = {0};
    assert_int_equal(gb_import_file_load("/nowhere/at/all", &file, &err), GB_POISON);
    assert_int_equal(gb_import_file_load("/tmp", &file, &err), GB_POISON);
    char path[] = "/tmp/geobill-unit-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, two_accounts, sizeof(two_accounts) - 1), sizeof(two_accounts) - 1);
    assert_int_equal(gb_import_file_load(path, &file, &err), GB_OK);
    assert_string_equal(file->data, two_accounts);
    struct gb_import_file *same = gb_import_file_of(two_accounts, sizeof(two_accounts) - 1);
    assert_memory_equal(file->digest, same->digest, sizeof(same->digest));
    gb_import_file_free(same);
    (void)close(fd);
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_movements_are_chained_by_account, forget),
        cmocka_unit_test_teardown(test_only_credit_leaves_debits_out, forget),
        cmocka_unit_test_teardown(test_files_that_differ_only_in_shape, forget),
        cmocka_unit_test_teardown(test_header, forget),
        cmocka_unit_test_teardown(test_dates, forget),
        cmocka_unit_test_teardown(test_numbers, forget),
        cmocka_unit_test_teardown(test_names, forget),
        cmocka_unit_test_teardown(test_a_prefix_takes_room, forget),
        cmocka_unit_test_teardown(test_all_wrong_lines_are_named, forget),
        cmocka_unit_test_teardown(test_chains, forget),
        cmocka_unit_test_teardown(test_credits_have_a_bound, forget),
        cmocka_unit_test_teardown(test_printing_has_a_bound, forget),
        cmocka_unit_test_teardown(test_loading, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
