#include "support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXECUTE_MS 60000

_Noreturn void gb_test_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    abort();
}

void gb_test_show(const char *log)
{
    FILE *file = fopen(log, "r");
    if (file == NULL)
        return;
    char line[1024];
    while (fgets(line, sizeof line, file) != NULL)
        fputs(line, stderr);
    fclose(file);
}

static const struct passwd *unprivileged(void)
{
    if (geteuid() != 0)
        return NULL;
    const struct passwd *user = getpwnam("postgres");
    if (user == NULL)
        gb_test_die("running as root, and there is no user postgres");
    return user;
}

uid_t gb_test_uid(void)
{
    const struct passwd *user = unprivileged();
    return user == NULL ? geteuid() : user->pw_uid;
}

static void become(const struct passwd *user)
{
    if (user == NULL)
        return;
    if (setgroups(0, NULL) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)
        _exit(126);
}

/* In the child. The death signal comes last: changing the user clears it. */
static void run_child(const char *const *argv, int log, const struct passwd *user, int death_signal,
                      pid_t parent)
{
    become(user);
    if (prctl(PR_SET_PDEATHSIG, death_signal) != 0 || getppid() != parent)
        _exit(126);
    int nothing = open("/dev/null", O_RDONLY);
    if (dup2(nothing, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0 || chdir("/") != 0)
        _exit(126);
    execv(argv[0], (char *const *)(const void *)argv);
    _exit(127);
}

pid_t gb_test_spawn(const char *const *argv, const char *log, int death_signal)
{
    const struct passwd *user = unprivileged();
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        gb_test_die("%s: %s", log, strerror(errno));
    pid_t parent = getpid();
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0)
        gb_test_die("fork: %s", strerror(errno));
    if (pid == 0)
        run_child(argv, fd, user, death_signal, parent);
    close(fd);
    return pid;
}

bool gb_test_ended(pid_t pid, int timeout_ms)
{
    int handle = (int)syscall(SYS_pidfd_open, pid, 0);
    if (handle < 0)
        gb_test_die("pidfd_open: %s", strerror(errno));
    struct pollfd item = {.fd = handle, .events = POLLIN};
    int count = poll(&item, 1, timeout_ms);
    close(handle);
    return count == 1;
}

void gb_test_execute(const char *const *argv, const char *log)
{
    pid_t pid = gb_test_spawn(argv, log, SIGKILL);
    bool ended = gb_test_ended(pid, EXECUTE_MS);
    if (!ended)
        kill(pid, SIGKILL);
    int status = 0;
    waitpid(pid, &status, 0);
    if (ended && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    gb_test_show(log);
    gb_test_die("%s failed%s", argv[0], ended ? "" : ": it took too long");
}
