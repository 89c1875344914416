/* child.h: runs a piece of a test in a process of its own: what dies, logs or reads the
 * environment. */
#ifndef GB_TESTS_UNIT_RUNTIME_CHILD_H
#define GB_TESTS_UNIT_RUNTIME_CHILD_H

struct child {
    int signal; /* that ended it, 0 = none */
    int code;   /* of its exit, -1 when a signal ended it */
    char stdout_text[16384];
    char stderr_text[16384]; /* both zero-terminated */
};

/* Forks, runs body(context), exits with what it returns. Fails the test when the child lasts over
 * ten seconds. */
void child_run(struct child *ret, int (*body)(void *context), void *context);

#endif
