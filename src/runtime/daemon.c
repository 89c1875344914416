#include "runtime/daemon.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/log.h"
#include "runtime/stop.h"

enum { OVERRIDES_MAX = 256, EXIT_USAGE = 2 };

struct flags {
    const char *path;
    const char *overrides[OVERRIDES_MAX];
    size_t overrides_count;
};

static void write_help(FILE *out, const struct gb_daemon *daemon)
{
    fprintf(out,
            "Usage: %s [--config FILE] [-X SECTION.KEY=VALUE]...\n"
            "%s\n"
            "\n"
            "  -c, --config FILE          settings of the datacenter (default: $GEOBILL_CONFIG)\n"
            "  -X SECTION.KEY=VALUE       one setting; wins over file and environment; repeatable\n"
            "  -h, --help                 this text\n"
            "  -V, --version              the version\n"
            "\n"
            "Settings: docs/CONFIGURATION.md. SIGTERM and SIGINT stop it after what is begun is "
            "finished.\n",
            daemon->program, daemon->about);
}

/* False: leave with *ret_exit. */
static bool read_flags(const struct gb_daemon *daemon, int argc, char **argv, struct flags *ret,
                       int *ret_exit)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'V'},
                                            {NULL, 0, NULL, 0}};
    *ret = (struct flags){.path = getenv("GEOBILL_CONFIG")};
    *ret_exit = EXIT_USAGE;
    optind = 0; /* glibc: from the beginning, also when called again */
    for (int flag; (flag = getopt_long(argc, argv, "c:X:hV", options, NULL)) != -1;) {
        if (flag == 'h' || flag == 'V') {
            if (flag == 'h')
                write_help(stdout, daemon);
            else
                printf("%s %s\n", daemon->program, GB_VERSION);
            *ret_exit = fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
            return false;
        }
        if (flag == 'c') {
            ret->path = optarg;
        } else if (flag == 'X' && ret->overrides_count < OVERRIDES_MAX) {
            ret->overrides[ret->overrides_count++] = optarg;
        } else {
            fprintf(stderr, "Try '%s --help'.\n", daemon->program);
            return false;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "%s: unexpected argument %s\n", daemon->program, argv[optind]);
        return false;
    }
    if (ret->path == NULL || *ret->path == '\0') {
        fprintf(stderr, "%s: no settings: give --config FILE or set $GEOBILL_CONFIG\n",
                daemon->program);
        return false;
    }
    return true;
}

static enum gb_result load(struct gb_daemon *daemon, const struct flags *flags,
                           enum gb_log_level *ret_level, struct gb_err *err)
{
    enum gb_result result =
        gb_config_load(flags->path, flags->overrides, flags->overrides_count, &daemon->config, err);
    if (result == GB_OK)
        result = gb_config_need(daemon->config, "datacenter", "code", &daemon->dc, err);
    if (result != GB_OK)
        return result;
    const char *level = gb_config_text(daemon->config, "log", "level");
    if (!gb_log_level_parse(level, ret_level))
        return gb_err_set(err, GB_FATAL, "CONFIG",
                          "[log] level: \"%.32s\" is not debug, info, warning or error", level);
    return GB_OK;
}

bool gb_daemon_init(struct gb_daemon *daemon, int argc, char **argv, int *ret_exit)
{
    struct flags flags;
    daemon->config = NULL;
    daemon->dc = NULL;
    if (!read_flags(daemon, argc, argv, &flags, ret_exit))
        return false;
    enum gb_log_level level = GB_LOG_INFO;
    struct gb_err err = {.result = GB_OK};
    gb_log_init(daemon->program, NULL, level);
    if (load(daemon, &flags, &level, &err) != GB_OK) {
        gb_log(GB_LOG_ERROR, "settings refused", GB_F_ERR(&err));
        gb_config_free(daemon->config);
        daemon->config = NULL;
        *ret_exit = EXIT_USAGE;
        return false;
    }
    gb_log_init(daemon->program, daemon->dc, level);
    gb_stop_init();
    gb_log(GB_LOG_INFO, "started", GB_F_TEXT("version", GB_VERSION), GB_F_INT("pid", getpid()),
           GB_F_TEXT("config", flags.path));
    return true;
}

int gb_daemon_done(struct gb_daemon *daemon, enum gb_result result, const struct gb_err *err)
{
    if (result == GB_OK)
        gb_log(GB_LOG_INFO, "stopped");
    else
        gb_log(GB_LOG_ERROR, "stopped by a failure", GB_F_TEXT("result", gb_result_name(result)),
               GB_F_ERR(err));
    gb_log_init(daemon->program, NULL, GB_LOG_INFO);
    gb_config_free(daemon->config);
    daemon->config = NULL;
    return result == GB_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
