/* process.h: child processes of a test, run as an unprivileged user and ended with the test.
 * Failures abort the test: without its surroundings it has nothing to say. */
#ifndef GB_TEST_SUPPORT_PROCESS_H
#define GB_TEST_SUPPORT_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/* Whom children run as: the user `postgres` when the test runs as root (servers refuse root), else
 * ourselves. */
uid_t gb_test_uid(void);

/* Starts `argv` (NULL-terminated, argv[0] is the path) with output going to the end of the file
 * `log`. It gets `death_signal` when the test dies, however that happens; call it from the main
 * thread. */
pid_t gb_test_spawn(const char *const *argv, const char *log, int death_signal);

/* The same, and waits until it has ended with exit status 0; aborts, showing the log, when it does
 * not. */
void gb_test_execute(const char *const *argv, const char *log);

/* Waits until the child has ended (still to be reaped by waitpid); false after timeout_ms. */
bool gb_test_ended(pid_t pid, int timeout_ms);

/* Prints the file `log` to standard error. */
void gb_test_show(const char *log);

/* Prints and aborts. */
_Noreturn void gb_test_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
