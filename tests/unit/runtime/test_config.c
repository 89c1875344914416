/* Reading settings, against a small table of its own. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/config.h"
#include "unit/runtime/child.h"
#include "unit/runtime/cm.h"

const struct gb_setting gb_settings[] = {
    {"api", "listen", GB_SETTING_TEXT, NULL, 0, 0, "Address."},
    {"api", "threads", GB_SETTING_INT, "2", 1, 64, "Threads."},
    {"api", "strict", GB_SETTING_BOOL, "false", 0, 0, "Strict."},
    {"api", "password_file", GB_SETTING_TEXT, NULL, 0, 0, "Secret."},
    {"api", "offset", GB_SETTING_INT, "0", INT64_MIN, INT64_MAX, "Any number."},
    {"api", "name", GB_SETTING_TEXT, "geobill", 0, 0, "Name."},
    {"kafka.*", "bootstrap.servers", GB_SETTING_TEXT, NULL, 0, 0, "Brokers."},
    {"kafka.*", "*", GB_SETTING_TEXT, NULL, 0, 0, "Passed on."},
    {"peer.*", "api", GB_SETTING_TEXT, NULL, 0, 0, "URL."},
};
const size_t gb_settings_count = sizeof(gb_settings) / sizeof(gb_settings[0]);

static char folder[64], path[96];
static struct gb_err err;

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/test_config.XXXXXX");
    (void)snprintf(path, sizeof(path), "%s", mkdtemp(folder) != NULL ? folder : "");
    (void)snprintf(path + strlen(path), sizeof(path) - strlen(path), "/geobill.ini");
    err = (struct gb_err){.message = ""};
    return 0;
}

static int remove_entry(const char *name, const struct stat *about, int kind, struct FTW *walk)
{
    (void)about;
    (void)kind;
    (void)walk;
    return remove(name);
}

static int remove_folder(void **state)
{
    (void)state;
    return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void write_file_of(const char *name, const char *bytes, size_t size)
{
    char full[160];
    (void)snprintf(full, sizeof(full), "%s/%s", folder, name);
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void write_file(const char *name, const char *text)
{
    write_file_of(name, text, strlen(text));
}

/* Loads the file written as geobill.ini; fails the test when it does not load. */
static struct gb_config *load(const char *const *overrides, size_t count)
{
    struct gb_config *config;
    if (gb_config_load(path, overrides, count, &config, &err) != GB_OK)
        fail_msg("%s", err.message);
    return config;
}

static struct gb_config *load_text(const char *text)
{
    write_file("geobill.ini", text);
    return load(NULL, 0);
}

/* Loading `text` is refused with a message that holds `why` (after the file's path). */
static void assert_refused(const char *text, size_t size, const char *why)
{
    struct gb_config *config = (void *)folder;
    write_file_of("geobill.ini", text, size);
    assert_int_equal(gb_config_load(path, NULL, 0, &config, &err), GB_FATAL);
    assert_null(config);
    assert_string_equal(err.code, "CONFIG");
    assert_int_equal(err.result, GB_FATAL);
    if (strncmp(err.message, path, strlen(path)) != 0 || strstr(err.message, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.message, why);
}

static void reads_all_forms_of_lines(void **state)
{
    (void)state;
    struct gb_config *config = load_text("# comment\n; comment\n\n  \t\r\n[api]\r\n"
                                         "  listen \t=  127.0.0.1:8101 # kept; too \r\n"
                                         "threads=64\nstrict = yes\noffset=-9223372036854775808\n"
                                         "[ kafka.dc1 ]\nbootstrap.servers = a=b=c\n"
                                         "[api]\nname=");
    assert_string_equal(gb_config_text(config, "api", "listen"), "127.0.0.1:8101 # kept; too");
    assert_int_equal(gb_config_int(config, "api", "threads"), 64);
    assert_true(gb_config_bool(config, "api", "strict"));
    assert_true(gb_config_int(config, "api", "offset") == INT64_MIN);
    assert_string_equal(gb_config_text(config, "kafka.dc1", "bootstrap.servers"), "a=b=c");
    assert_string_equal(gb_config_text(config, "api", "name"), "");
    gb_config_free(config);
    gb_config_free(NULL);
}

static void falls_back(void **state)
{
    (void)state;
    struct gb_config *config = load_text("");
    assert_null(gb_config_text(config, "api", "listen"));
    assert_null(gb_config_text(config, "kafka.dc1", "anything"));
    assert_string_equal(gb_config_text(config, "api", "name"), "geobill");
    assert_int_equal(gb_config_int(config, "api", "threads"), 2);
    assert_false(gb_config_bool(config, "api", "strict"));
    gb_config_free(config);
}

static void refuses_with_file_line_and_name(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"[api]\nlistne=1\n", ":2: unknown key \"listne\" in section [api]"},
        {"\n[apis]\n\nlisten=1\n", ":4: unknown section [apis]"},
        {"[kafka.]\na=b\n", ":2: unknown section [kafka.]"},
        {"[kafka.DC1]\na=b\n", ":2: unknown section [kafka.DC1]"},
        {"[kafka.dc1.x]\na=b\n", ":2: unknown section [kafka.dc1.x]"},
        {"[kafka.*]\na=b\n", ":2: unknown section [kafka.*]"},
        {"[peer.dc1]\nfoo=b\n", ":2: unknown key \"foo\" in section [peer.dc1]"},
        {"[api]\nthreads=0\n", ":2: [api] threads: 0 is outside 1 to 64"},
        {"[api]\nthreads=65\n", ":2: [api] threads: 65 is outside 1 to 64"},
        {"[api]\nthreads=\n", ":2: [api] threads: \"\" is not a whole number"},
        {"[api]\nthreads=2x\n", ":2: [api] threads: \"2x\" is not a whole number"},
        {"[api]\nthreads=1.5\n", ":2: [api] threads: \"1.5\" is not a whole number"},
        {"[api]\nthreads=0x10\n", ":2: [api] threads: \"0x10\" is not a whole number"},
        {"[api]\nthreads=+2\n", ":2: [api] threads: \"+2\" is not a whole number"},
        {"[api]\noffset=9223372036854775808\n", "is not a whole number"},
        {"[api]\nstrict=1\n", ":2: [api] strict: \"1\" is not true or false"},
        {"[api]\nname=a\nthreads=3\nname=a\n", ":4: [api] name: given before at "},
        {"name=a\n", ":1: key \"name\" stands before any [section]"},
        {"[api\n", ":1: not a section: [api"},
        {"[]\n", ":1: not a section: []"},
        {"[api] x\n", ":1: not a section: [api] x"},
        {"[api]\nlisten\n", ":2: neither [section] nor key=value: listen"},
        {"[api]\n=x\n", ":2: neither [section] nor key=value: =x"},
        {"\xef\xbb\xbf[api]\n", ":1: neither [section] nor key=value"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_refused(cases[i].text, strlen(cases[i].text), cases[i].why);
}

static void refuses_bytes_that_belong_in_no_file(void **state)
{
    (void)state;
    static const char zero[] = "[api]\nname=a\0b\n";
    assert_refused(zero, sizeof(zero) - 1, ":2: zero byte");
}

static void lines_have_eight_kibibytes_at_most(void **state)
{
    (void)state;
    static char text[2 * 8192];
    int head = snprintf(text, sizeof(text), "[api]\nname=");
    memset(text + head, 'x', 8192 - 5);
    text[head + 8192 - 5] = '\0';
    struct gb_config *config = load_text(text);
    assert_int_equal(strlen(gb_config_text(config, "api", "name")), 8192 - 5);
    gb_config_free(config);
    memcpy(text + head + 8192 - 5, "x\n", 3);
    assert_refused(text, strlen(text), ":2: line longer than 8192 bytes");
    char *section = text;
    *section++ = '[';
    memset(section, 's', 300);
    memcpy(section + 300, "]\n", 3);
    assert_refused(text, strlen(text), ":1: not a section");
}

static void files_and_settings_are_bounded(void **state)
{
    (void)state;
    enum { BYTES = 1024 * 1024 + 1 };
    char *text = malloc(BYTES);
    assert_non_null(text);
    memset(text, '\n', BYTES);
    assert_refused(text, BYTES, ": file too large");
    size_t size = (size_t)snprintf(text, BYTES, "[kafka.dc1]\n");
    for (int i = 0; i < 4097; i++)
        size += (size_t)snprintf(text + size, BYTES - size, "key%d=v\n", i);
    assert_refused(text, size, ":4098: more than 4096 settings");
    free(text);
}

static void says_when_there_is_no_file(void **state)
{
    (void)state;
    struct gb_config *config = (void *)folder;
    assert_int_equal(gb_config_load("/nowhere/geobill.ini", NULL, 0, &config, &err), GB_FATAL);
    assert_null(config);
    assert_string_equal(err.message, "/nowhere/geobill.ini: No such file or directory");
    assert_int_equal(gb_config_load(folder, NULL, 0, &config, &err), GB_FATAL);
}

static void need_says_what_must_be_given(void **state)
{
    (void)state;
    const char *text = NULL;
    struct gb_config *config = load_text("[peer.dc2]\napi=http://x\n[api]\nlisten=\n");
    assert_int_equal(gb_config_need(config, "peer.dc2", "api", &text, &err), GB_OK);
    assert_string_equal(text, "http://x");
    assert_int_equal(gb_config_need(config, "peer.dc3", "api", &text, &err), GB_FATAL);
    assert_non_null(strstr(err.message, "/geobill.ini: [peer.dc3] api must be given"));
    assert_int_equal(gb_config_need(config, "api", "listen", &text, &err), GB_FATAL);
    assert_int_equal(gb_config_need(config, "api", "name", &text, &err), GB_OK);
    assert_string_equal(text, "geobill");
    gb_config_free(config);
}

static void lists_sections_in_file_order(void **state)
{
    (void)state;
    const char *suffixes[2] = {NULL};
    struct gb_config *config = load_text("[kafka.dc2]\na=b\nc=d\n[kafka.dc1]\na=b\n[peer.dc3]\n"
                                         "api=x\n[kafka.dc2]\ne=f\n[kafka.dc10]\na=b\n");
    assert_int_equal(gb_config_sections(config, "kafka", suffixes, 2), 3);
    assert_string_equal(suffixes[0], "dc2");
    assert_string_equal(suffixes[1], "dc1");
    assert_int_equal(gb_config_sections(config, "peer", suffixes, 2), 1);
    assert_string_equal(suffixes[0], "dc3");
    assert_int_equal(gb_config_sections(config, "kaf", suffixes, 2), 0);
    assert_int_equal(gb_config_sections(config, "kafka", NULL, 0), 3);
    gb_config_free(config);
}

static void append_pair(void *context, const char *key, const char *value)
{
    char *text = context;
    (void)snprintf(text + strlen(text), 256 - strlen(text), "%s=%s;", key, value);
}

static void hands_over_a_section(void **state)
{
    (void)state;
    char pairs[256] = "";
    write_file("kafka.password", "s3cret\n");
    struct gb_config *config =
        load_text("[kafka.dc1]\nsecurity.protocol=sasl_ssl\n[kafka.dc2]\na=b\n[kafka.dc1]\n"
                  "sasl.password_file=kafka.password\n_file=x\nbootstrap.servers=h:1\n");
    assert_int_equal(gb_config_each(config, "kafka.dc1", append_pair, pairs, &err), GB_OK);
    assert_string_equal(pairs, "security.protocol=sasl_ssl;sasl.password=s3cret;_file=x;"
                               "bootstrap.servers=h:1;");
    pairs[0] = '\0';
    assert_int_equal(gb_config_each(config, "kafka.dc3", append_pair, pairs, &err), GB_OK);
    assert_string_equal(pairs, "");
    gb_config_free(config);
    config = load_text("[kafka.dc1]\nsasl.password_file=missing\n");
    assert_int_equal(gb_config_each(config, "kafka.dc1", append_pair, pairs, &err), GB_FATAL);
    assert_non_null(strstr(err.message, "geobill.ini:2: [kafka.dc1] sasl.password_file: "));
    gb_config_free(config);
}

static void assert_secret(const struct gb_config *config, const char *want)
{
    char *secret;
    if (gb_config_secret(config, "api", "password_file", &secret, &err) != GB_OK)
        fail_msg("%s", err.message);
    assert_string_equal(secret, want);
    free(secret);
}

static void secrets_come_from_files(void **state)
{
    (void)state;
    char *secret = folder, full[160], text[256];
    write_file("one", "first\nsecond\n\n");
    struct gb_config *config = load_text("[api]\npassword_file=one\n");
    assert_secret(config, "first\nsecond\n");
    gb_config_free(config);

    (void)snprintf(full, sizeof(full), "%s/credentials", folder);
    assert_int_equal(mkdir(full, 0700), 0);
    write_file("credentials/one", "of systemd");
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", full, 1), 0);
    config = load_text("[api]\npassword_file=one\n");
    assert_secret(config, "of systemd");
    gb_config_free(config);
    (void)snprintf(text, sizeof(text), "[api]\npassword_file=%s/one\n", folder);
    config = load_text(text);
    assert_secret(config, "first\nsecond\n");
    gb_config_free(config);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);

    config = load_text("");
    assert_int_equal(gb_config_secret(config, "api", "password_file", &secret, &err), GB_OK);
    assert_null(secret);
    gb_config_free(config);
}

static void secrets_that_cannot_be_read_are_refused(void **state)
{
    (void)state;
    char *secret = folder;
    static char large[64 * 1024 + 1];
    memset(large, 'x', sizeof(large));
    write_file_of("large", large, sizeof(large));
    write_file_of("zero", "a\0b", 3);
    static const struct {
        const char *text, *why;
    } cases[] = {{"[api]\npassword_file=missing\n", "missing: No such file or directory"},
                 {"[api]\npassword_file=large\n", "large: file too large"},
                 {"[api]\npassword_file=zero\n", "zero byte"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gb_config *config = load_text(cases[i].text);
        assert_int_equal(gb_config_secret(config, "api", "password_file", &secret, &err), GB_FATAL);
        assert_null(secret);
        assert_non_null(strstr(err.message, "geobill.ini:2: [api] password_file: "));
        assert_non_null(strstr(err.message, cases[i].why));
        gb_config_free(config);
    }
}

static void overrides_win(void **state)
{
    (void)state;
    static const char *const overrides[] = {"api.threads=5", "kafka.dc1.bootstrap.servers=x:1",
                                            "kafka.dc9.linger.ms=7", "api.threads=6",
                                            "api.name=a=b.c"};
    write_file("geobill.ini", "[api]\nthreads=3\n[kafka.dc1]\nbootstrap.servers=h:1\n");
    struct gb_config *config = load(overrides, 5);
    assert_int_equal(gb_config_int(config, "api", "threads"), 6);
    assert_string_equal(gb_config_text(config, "kafka.dc1", "bootstrap.servers"), "x:1");
    assert_string_equal(gb_config_text(config, "kafka.dc9", "linger.ms"), "7");
    assert_string_equal(gb_config_text(config, "api", "name"), "a=b.c");
    gb_config_free(config);
}

static void overrides_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {{"api.threads", "-X api.threads: not section.key=value"},
                 {"threads=1", "-X threads: unknown setting"},
                 {"=1", "-X : unknown setting"},
                 {"api.thread=1", "-X api.thread: unknown setting"},
                 {"kafka.dc1=1", "-X kafka.dc1: unknown setting"},
                 {"kafka..x=1", "-X kafka..x: unknown setting"},
                 {"api.threads=65", "-X api.threads: [api] threads: 65 is outside 1 to 64"}};
    write_file("geobill.ini", "");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gb_config *config;
        assert_int_equal(gb_config_load(path, &cases[i].text, 1, &config, &err), GB_FATAL);
        assert_string_equal(err.message, cases[i].why);
    }
}

static void variables_win_over_the_file(void **state)
{
    (void)state;
    static const char *const overrides[] = {"api.threads=9"};
    write_file("geobill.ini", "[api]\nthreads=3\nname=file\n[kafka.dc1]\nbootstrap.servers=h:1\n");
    setenv("GEOBILL__API__NAME", "variable", 1);
    setenv("GEOBILL__API__THREADS", "4", 1);
    setenv("GEOBILL__KAFKA_DC1__BOOTSTRAP_SERVERS", "x:1", 1);
    setenv("GEOBILL__KAFKA_DC2__SASL_PASSWORD_FILE", "file", 1);
    setenv("GEOBILL__Kafka_dc2__Linger_Ms", "5", 1);
    setenv("GEOBILL__PEER_DC3__API", "http://y", 1);
    setenv("GEOBILL_CONFIG", "not ours", 1);
    struct gb_config *config = load(overrides, 1);
    assert_string_equal(gb_config_text(config, "api", "name"), "variable");
    assert_int_equal(gb_config_int(config, "api", "threads"), 9);
    assert_string_equal(gb_config_text(config, "kafka.dc1", "bootstrap.servers"), "x:1");
    assert_string_equal(gb_config_text(config, "kafka.dc2", "sasl.password_file"), "file");
    assert_string_equal(gb_config_text(config, "kafka.dc2", "linger.ms"), "5");
    assert_string_equal(gb_config_text(config, "peer.dc3", "api"), "http://y");
    gb_config_free(config);
    unsetenv("GEOBILL__API__NAME");
    unsetenv("GEOBILL__API__THREADS");
    unsetenv("GEOBILL__KAFKA_DC1__BOOTSTRAP_SERVERS");
    unsetenv("GEOBILL__KAFKA_DC2__SASL_PASSWORD_FILE");
    unsetenv("GEOBILL__Kafka_dc2__Linger_Ms");
    unsetenv("GEOBILL__PEER_DC3__API");
    unsetenv("GEOBILL_CONFIG");
}

static void variables_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *why;
    } cases[] = {
        {"GEOBILL__API__THREAD", "1", "variable GEOBILL__API__THREAD: unknown setting"},
        {"GEOBILL__APIS__THREADS", "1", "variable GEOBILL__APIS__THREADS: unknown setting"},
        {"GEOBILL__API", "1", "variable GEOBILL__API: not GEOBILL__SECTION__KEY"},
        {"GEOBILL__KAFKA___X", "1", "variable GEOBILL__KAFKA___X: unknown setting"},
        {"GEOBILL__PEER_DC1__FOO", "1", "variable GEOBILL__PEER_DC1__FOO: unknown setting"},
        {"GEOBILL__KAFKA_D.C__A", "1",
         "variable GEOBILL__KAFKA_D.C__A: unknown section [kafka.d.c]"},
        {"GEOBILL__API__THREADS", "x",
         "variable GEOBILL__API__THREADS: [api] threads: \"x\" is not a whole number"},
    };
    write_file("geobill.ini", "");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gb_config *config;
        setenv(cases[i].name, cases[i].value, 1);
        assert_int_equal(gb_config_load(path, NULL, 0, &config, &err), GB_FATAL);
        assert_string_equal(err.message, cases[i].why);
        unsetenv(cases[i].name);
    }
}

static int read_unknown(void *context)
{
    return gb_config_text(context, "api", "unknown") == NULL;
}

static int read_as_other_kind(void *context)
{
    return gb_config_int(context, "api", "name") == 0;
}

static void reading_what_is_not_in_the_table_aborts(void **state)
{
    (void)state;
    static struct child child;
    struct gb_config *config = load_text("");
    child_run(&child, read_unknown, config);
    assert_true(child.signal != 0);
    child_run(&child, read_as_other_kind, config);
    assert_true(child.signal != 0);
    gb_config_free(config);
}

static void documents_every_row(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    gb_config_document(out);
    assert_int_equal(fclose(out), 0);
    assert_non_null(strstr(text, "\n## [api]\n"));
    assert_non_null(strstr(text, "\n## [kafka.*]\n"));
    assert_non_null(strstr(text, "| `threads` | 1 to 64 | `2` | Threads. |\n"));
    assert_non_null(strstr(text, "| `listen` | text | \xe2\x80\x93 | Address. |\n"));
    assert_non_null(strstr(text, "| `strict` | true, false | `false` | Strict. |\n"));
    free(text);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(reads_all_forms_of_lines),
        IN_FOLDER(falls_back),
        IN_FOLDER(refuses_with_file_line_and_name),
        IN_FOLDER(refuses_bytes_that_belong_in_no_file),
        IN_FOLDER(lines_have_eight_kibibytes_at_most),
        IN_FOLDER(files_and_settings_are_bounded),
        IN_FOLDER(says_when_there_is_no_file),
        IN_FOLDER(need_says_what_must_be_given),
        IN_FOLDER(lists_sections_in_file_order),
        IN_FOLDER(hands_over_a_section),
        IN_FOLDER(secrets_come_from_files),
        IN_FOLDER(secrets_that_cannot_be_read_are_refused),
        IN_FOLDER(overrides_win),
        IN_FOLDER(overrides_are_checked),
        IN_FOLDER(variables_win_over_the_file),
        IN_FOLDER(variables_are_checked),
        IN_FOLDER(reading_what_is_not_in_the_table_aborts),
        IN_FOLDER(documents_every_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
