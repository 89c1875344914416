#include "support/postgres.h"

#include <errno.h>
#include <ftw.h>
#include <glob.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "db/migrate.h"
#include "runtime/clock.h"
#include "support/process.h"

#define PG_BIN "/usr/lib/postgresql/15/bin/"
#define FOLDER_PREFIX "/var/tmp/geobill-test-"
#define START_MS 30000
#define STOP_MS 10000
#define PATH_SIZE 128

struct gb_test_postgres {
    pid_t pid;
    pid_t owner; /* the process that started it: a forked child must not stop it */
    char folder[PATH_SIZE];
    char data[PATH_SIZE];
    char log[PATH_SIZE];
};

/* The one that atexit stops. */
static struct gb_test_postgres *running;

static void path(char ret[PATH_SIZE], const char *folder, const char *name)
{
    int size = snprintf(ret, PATH_SIZE, "%s/%s", folder, name);
    GB_CHECK(size > 0 && size < PATH_SIZE);
}

static int remove_entry(const char *name, const struct stat *status, int kind, struct FTW *at)
{
    (void)status;
    (void)kind;
    (void)at;
    return remove(name);
}

static void remove_folder(const char *folder)
{
    if (nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
        fprintf(stderr, "cannot remove %s: %s\n", folder, strerror(errno));
}

/* Removes what test programs that were killed left behind: their process ids are in the names. */
static void remove_stale(void)
{
    glob_t found;
    if (glob(FOLDER_PREFIX "[0-9]*-*", GLOB_NOSORT, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            pid_t pid = (pid_t)strtol(found.gl_pathv[i] + sizeof FOLDER_PREFIX - 1, NULL, 10);
            if (pid > 0 && kill(pid, 0) != 0 && errno == ESRCH)
                remove_folder(found.gl_pathv[i]);
        }
    }
    globfree(&found);
}

/* A fresh folder that the unprivileged user owns. */
static void make_folder(char ret[PATH_SIZE])
{
    int size = snprintf(ret, PATH_SIZE, FOLDER_PREFIX "%d-XXXXXX", (int)getpid());
    GB_CHECK(size > 0 && size < PATH_SIZE);
    if (mkdtemp(ret) == NULL || chown(ret, gb_test_uid(), (gid_t)-1) != 0)
        gb_test_die("%s: %s", ret, strerror(errno));
}

/* The folder of a cluster that initdb has made once for this user; later ones are copies, four
 * times as quick. */
static void template_folder(char ret[PATH_SIZE], const char *log)
{
    int size = snprintf(ret, PATH_SIZE, "/var/tmp/geobill-template-15-%u", (unsigned)gb_test_uid());
    GB_CHECK(size > 0 && size < PATH_SIZE);
    struct stat status;
    if (lstat(ret, &status) == 0) {
        if (!S_ISDIR(status.st_mode) || status.st_uid != gb_test_uid())
            gb_test_die("%s is not ours: remove it", ret);
        return;
    }
    char folder[PATH_SIZE];
    char data[PATH_SIZE];
    make_folder(folder);
    path(data, folder, "data");
    const char *const argv[] = {PG_BIN "initdb",
                                "-D",
                                data,
                                "-U",
                                "postgres",
                                "-A",
                                "trust",
                                "-E",
                                "UTF8",
                                "--no-locale",
                                "--no-sync",
                                "--no-instructions",
                                NULL};
    gb_test_execute(argv, log);
    /* Of two that race here the second finds it made. */
    if (rename(data, ret) != 0 && errno != ENOTEMPTY && errno != EEXIST)
        gb_test_die("%s: %s", ret, strerror(errno));
    remove_folder(folder);
}

static void copy_template(const struct gb_test_postgres *server)
{
    char from[PATH_SIZE];
    template_folder(from, server->log);
    const char *const argv[] = {"/bin/cp", "-a", "--reflink=auto", from, server->data, NULL};
    gb_test_execute(argv, server->log);
}

char *gb_test_conninfo(const struct gb_test_postgres *server, const char *database)
{
    char *conninfo = NULL;
    int size = asprintf(&conninfo, "host=%s dbname=%s", server->folder, database);
    GB_CHECK(size > 0);
    return conninfo;
}

static enum gb_result try_connect(const struct gb_test_postgres *server, const char *database,
                                  const char *role, struct gb_pg **ret, struct gb_err *err)
{
    char *conninfo = gb_test_conninfo(server, database);
    struct gb_pg_options options = {.conninfo = conninfo,
                                    .user = role == NULL ? "postgres" : role,
                                    .application_name = "test",
                                    .connect_timeout_ms = 5000,
                                    .statement_timeout_ms = 5000};
    enum gb_result result = gb_pg_open(&options, ret, err);
    free(conninfo);
    return result;
}

/* Waits until the server takes connections. False when it has ended instead. */
static bool wait_ready(const struct gb_test_postgres *server, int64_t deadline_us)
{
    static const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    struct gb_pg *pg = NULL;
    struct gb_err err = {.message = ""};
    while (try_connect(server, "postgres", NULL, &pg, &err) != GB_OK) {
        if (gb_test_ended(server->pid, 0))
            return false;
        if (gb_clock_mono_us() > deadline_us) {
            gb_test_show(server->log);
            gb_test_die("PostgreSQL does not start: %s", err.message);
        }
        nanosleep(&pause, NULL);
    }
    gb_pg_close(pg);
    return true;
}

/* Starts it, again and again while it refuses: after a crash the last backends still hold the
 * shared memory. */
static void start_server(struct gb_test_postgres *server)
{
    const char *const argv[] = {PG_BIN "postgres",    "-D", server->data,          "-k",
                                server->folder,       "-c", "listen_addresses=",   "-c",
                                "fsync=off",          "-c", "shared_buffers=64MB", "-c",
                                "max_connections=60", NULL};
    int64_t deadline_us = gb_clock_mono_us() + INT64_C(1000) * START_MS;
    for (;;) {
        server->pid = gb_test_spawn(argv, server->log, SIGQUIT);
        if (wait_ready(server, deadline_us))
            return;
        waitpid(server->pid, NULL, 0);
        server->pid = 0;
        if (gb_clock_mono_us() > deadline_us) {
            gb_test_show(server->log);
            gb_test_die("PostgreSQL does not stay up");
        }
    }
}

static void make_roles(const struct gb_test_postgres *server)
{
    struct gb_pg *pg = gb_test_connect(server, "postgres", NULL);
    gb_test_sql(pg, "CREATE ROLE geobill LOGIN; CREATE ROLE geobill_api LOGIN; CREATE ROLE "
                    "geobill_publisher LOGIN;"
                    "CREATE ROLE geobill_consumer LOGIN; CREATE ROLE geobill_projector LOGIN;"
                    "CREATE ROLE geobill_operator LOGIN");
    gb_pg_close(pg);
}

/* Ends the postmaster and waits for it; its backends end with it. */
static void end_server(struct gb_test_postgres *server, int signal_number)
{
    kill(server->pid, signal_number);
    if (!gb_test_ended(server->pid, STOP_MS))
        kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    server->pid = 0;
}

static void stop_at_exit(void)
{
    gb_test_postgres_stop(running);
}

struct gb_test_postgres *gb_test_postgres_start(void)
{
    static bool registered;
    GB_CHECK(running == NULL); /* one a test program */
    struct gb_test_postgres *server = calloc(1, sizeof *server);
    GB_CHECK(server != NULL);
    server->owner = getpid();
    remove_stale();
    make_folder(server->folder);
    path(server->data, server->folder, "data");
    path(server->log, server->folder, "log");
    running = server;
    if (!registered)
        atexit(stop_at_exit);
    registered = true;
    copy_template(server);
    start_server(server);
    make_roles(server);
    return server;
}

void gb_test_postgres_stop(struct gb_test_postgres *server)
{
    if (server == NULL || server->owner != getpid())
        return;
    if (server->pid > 0)
        end_server(server, SIGQUIT);
    remove_folder(server->folder);
    running = NULL;
    free(server);
}

void gb_test_postgres_crash(struct gb_test_postgres *server)
{
    end_server(server, SIGKILL);
    /* A new postmaster refuses to start while an old backend holds the shared memory: wait_ready is
     * for that, too. */
    start_server(server);
}

struct gb_pg *gb_test_connect(const struct gb_test_postgres *server, const char *database,
                              const char *role)
{
    struct gb_pg *pg = NULL;
    struct gb_err err;
    if (try_connect(server, database, role, &pg, &err) != GB_OK)
        gb_test_die("cannot connect to %s as %s: %s", database, role, err.message);
    return pg;
}

void gb_test_database_empty(struct gb_test_postgres *server, const char *name)
{
    char text[PATH_SIZE];
    int size =
        snprintf(text, sizeof text, "CREATE DATABASE %s OWNER geobill STRATEGY file_copy", name);
    GB_CHECK(size > 0 && (size_t)size < sizeof text);
    struct gb_pg *pg = gb_test_connect(server, "postgres", NULL);
    gb_test_sql(pg, text);
    gb_pg_close(pg);
}

void gb_test_database(struct gb_test_postgres *server, const char *name, const char *code,
                      const char *catalogue)
{
    gb_test_database_empty(server, name);
    struct gb_pg *pg = gb_test_connect(server, name, "geobill");
    const struct gb_migrate_target target = {.code = code, .catalogue = catalogue};
    struct gb_err err;
    if (gb_migrate_run(pg, &target, &gb_migrations_known, NULL, &err) != GB_OK)
        gb_test_die("cannot migrate %s: %s %s", name, err.code, err.message);
    gb_pg_close(pg);
}

void gb_test_sql(struct gb_pg *pg, const char *text)
{
    struct gb_err err;
    if (gb_pg_script(pg, text, &err) != GB_OK)
        gb_test_die("%s: %s %s", text, err.code, err.message);
}

int64_t gb_test_sql_int(struct gb_pg *pg, const char *text)
{
    struct gb_rows *rows = NULL;
    struct gb_err err;
    if (gb_pg_query_text(pg, text, &rows, &err) != GB_OK)
        gb_test_die("%s: %s %s", text, err.code, err.message);
    if (gb_rows_count(rows) == 0)
        gb_test_die("%s: no row", text);
    int64_t value = strtoll(gb_rows_text(rows, 0, 0), NULL, 10);
    gb_rows_free(rows);
    return value;
}
