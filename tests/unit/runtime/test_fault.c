#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/fault.h"
#include "unit/runtime/child.h"
#include "unit/runtime/cm.h"

struct setting {
    const char *value; /* of $GEOBILL_FAULT; NULL: unset */
    int passings;      /* of the point "engine.before_commit" */
};

static int pass(void *context)
{
    const struct setting *setting = context;
    if (setting->value == NULL)
        (void)unsetenv("GEOBILL_FAULT");
    else
        (void)setenv("GEOBILL_FAULT", setting->value, 1);
    for (int i = 0; i < setting->passings; i++) {
        gb_fault_point("engine.after_commit");
        gb_fault_point("engine.before_commit");
    }
    return 0;
}

static void dies_at_the_passing_named(void **state)
{
    (void)state;
    static const struct {
        struct setting setting;
        int signal;
    } cases[] = {
        {{"engine.before_commit:3", 3}, SIGKILL},
        {{"engine.before_commit:3", 2}, 0},
        {{"engine.before_commit:1", 1}, SIGKILL},
        {{"engine.before:1", 5}, 0},
        {{NULL, 5}, 0},
        {{"", 5}, 0},
    };
    static struct child child;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct setting setting = cases[i].setting;
        child_run(&child, pass, &setting);
        assert_int_equal(child.signal, cases[i].signal);
        assert_int_equal(strstr(child.stderr_text, "fault fired") != NULL, cases[i].signal != 0);
    }
}

static void a_setting_that_cannot_be_read_aborts(void **state)
{
    (void)state;
    static const char *const values[] = {
        "engine.before_commit",    "engine.before_commit:",   ":1", "engine.before_commit:0",
        "engine.before_commit:-1", "engine.before_commit:1x", "x",  "engine.before_commit:one",
    };
    static struct child child;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct setting setting = {values[i], 1};
        child_run(&child, pass, &setting);
        assert_int_equal(child.signal, SIGABRT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dies_at_the_passing_named),
        cmocka_unit_test(a_setting_that_cannot_be_read_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
