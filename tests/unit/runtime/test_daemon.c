#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/daemon.h"
#include "runtime/stop.h"
#include "unit/runtime/child.h"
#include "unit/runtime/cm.h"

static char path[64];
static struct child child;

struct start {
    char *arguments[8]; /* behind the program's name, NULL at the end */
    const char *variable;
    enum gb_result result; /* that the daemon ends with */
};

static int run_daemon(void *context)
{
    struct start *start = context;
    char *argv[10] = {(char *)(uintptr_t) "geobill-api"};
    int argc = 1, code;
    while (start->arguments[argc - 1] != NULL) {
        argv[argc] = start->arguments[argc - 1];
        argc++;
    }
    if (start->variable == NULL)
        (void)unsetenv("GEOBILL_CONFIG");
    else
        (void)setenv("GEOBILL_CONFIG", start->variable, 1);
    struct gb_daemon daemon = {.program = "geobill-api", .about = "Answers over HTTP."};
    if (!gb_daemon_init(&daemon, argc, argv, &code))
        return daemon.config == NULL ? code : 99;
    if (strcmp(daemon.dc, "dc1") != 0)
        return 98;
    (void)kill(getpid(), SIGTERM);
    if (!gb_stop_wait(8000))
        return 97;
    struct gb_err err = {.message = ""};
    gb_err_set(&err, start->result, "57P01", "the database went away");
    return gb_daemon_done(&daemon, start->result, &err);
}

static void write_settings(const char *text)
{
    (void)snprintf(path, sizeof(path), "/tmp/test_daemon.XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
}

static int write_good_settings(void **state)
{
    (void)state;
    write_settings("[datacenter]\ncode=dc1\n");
    return 0;
}

static int remove_settings(void **state)
{
    (void)state;
    return unlink(path);
}

static void starts_and_stops(void **state)
{
    (void)state;
    struct start by_flag = {.arguments = {(char[]){"--config"}, path, NULL}};
    struct start by_variable = {.arguments = {NULL}, .variable = path};
    struct start *const starts[] = {&by_flag, &by_variable};
    for (size_t i = 0; i < 2; i++) {
        child_run(&child, run_daemon, starts[i]);
        assert_int_equal(child.code, 0);
        assert_non_null(strstr(child.stderr_text, "\"program\":\"geobill-api\",\"dc\":\"dc1\","
                                                  "\"message\":\"started\",\"version\":\""));
        assert_non_null(strstr(child.stderr_text, "\"message\":\"stopped\"}"));
    }
}

static void a_failure_is_logged_and_exits_with_1(void **state)
{
    (void)state;
    struct start start = {.arguments = {(char[]){"-c"}, path, NULL}, .result = GB_FATAL};
    child_run(&child, run_daemon, &start);
    assert_int_equal(child.code, 1);
    assert_non_null(strstr(child.stderr_text, "\"result\":\"GB_FATAL\",\"error_code\":\"57P01\","
                                              "\"error\":\"the database went away\""));
}

static void overrides_reach_the_settings(void **state)
{
    (void)state;
    struct start start = {
        .arguments = {(char[]){"-c"}, path, (char[]){"-X"}, (char[]){"log.level=error"}, NULL}};
    child_run(&child, run_daemon, &start);
    assert_int_equal(child.code, 0);
    assert_string_equal(child.stderr_text, "");
}

static void helps_and_tells_its_version(void **state)
{
    (void)state;
    struct start help = {.arguments = {(char[]){"--help"}, NULL}};
    child_run(&child, run_daemon, &help);
    assert_int_equal(child.code, 0);
    assert_non_null(strstr(child.stdout_text, "Usage: geobill-api [--config FILE]"));
    assert_non_null(strstr(child.stdout_text, "Answers over HTTP."));
    struct start version = {.arguments = {(char[]){"--version"}, NULL}};
    child_run(&child, run_daemon, &version);
    assert_int_equal(child.code, 0);
    assert_string_equal(child.stdout_text, "geobill-api " GB_VERSION "\n");
}

static void refuses(void **state)
{
    (void)state;
    struct {
        struct start start;
        const char *why;
    } cases[] = {
        {{.arguments = {NULL}}, "no settings: give --config FILE"},
        {{.arguments = {NULL}, .variable = ""}, "no settings: give --config FILE"},
        {{.arguments = {(char[]){"--nonsense"}, NULL}}, "Try 'geobill-api --help'."},
        {{.arguments = {(char[]){"-c"}, path, (char[]){"more"}, NULL}}, "unexpected argument more"},
        {{.arguments = {(char[]){"-c"}, (char[]){"/nowhere"}, NULL}}, "settings refused"},
        {{.arguments = {(char[]){"-c"}, path, (char[]){"-X"}, (char[]){"api.x=1"}, NULL}},
         "-X api.x: unknown setting"},
        {{.arguments = {(char[]){"-c"}, path, (char[]){"-X"}, (char[]){"datacenter.code="}, NULL}},
         "[datacenter] code must be given"},
        {{.arguments = {(char[]){"-c"}, path, (char[]){"-X"}, (char[]){"log.level=all"}, NULL}},
         "is not debug, info, warning or error"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        child_run(&child, run_daemon, &cases[i].start);
        assert_int_equal(child.code, 2);
        if (strstr(child.stderr_text, cases[i].why) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", child.stderr_text, cases[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_and_stops),
        cmocka_unit_test(a_failure_is_logged_and_exits_with_1),
        cmocka_unit_test(overrides_reach_the_settings),
        cmocka_unit_test(helps_and_tells_its_version),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, write_good_settings, remove_settings);
}
