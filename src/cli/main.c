/* geobill: the operator's tool. Finds the command in the table, loads the configuration, runs it.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "runtime/log.h"
#include "wire/messages.h"

#define ARENA_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define OVERRIDES_MAX 64

struct global_options {
    const char *config_path;
    const char *overrides[OVERRIDES_MAX];
    size_t overrides_count;
    bool json, help, version;
    const char *api;
    const char *token_file;
};

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"output", required_argument, NULL, 'o'},
    {"api", required_argument, NULL, 'a'},
    {"token-file", required_argument, NULL, 't'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static void print_help(FILE *out)
{
    fputs("geobill: operate a geo-distributed billing ledger\n\n"
          "usage: geobill [--config FILE] [--output table|json] COMMAND [ARGUMENTS]\n\n"
          "  --config FILE        configuration of one datacenter (or $GEOBILL_CONFIG)\n"
          "  -X SECTION.KEY=VALUE one setting in place of the file's\n"
          "  --output table|json  for people (the default) or for programs\n"
          "  --api URL            instead of [api] listen\n"
          "  --token-file FILE    bearer token for the API (or $GEOBILL_TOKEN)\n"
          "  --version, --help\n\ncommands:\n",
          out);
    for (size_t i = 0; i < gb_commands_count; i++)
        fprintf(out, "  %-16s %s\n", gb_commands[i].name, gb_commands[i].summary);
    fputs("\n`geobill help COMMAND` tells more.\n"
          "exit: 0 fine, 1 found something or refused, 2 usage, 3 unreachable\n",
          out);
}

/* Reads the options before the command. False: a usage error was printed. */
static bool read_global_options(int argc, char **argv, struct global_options *ret)
{
    int option;
    while ((option = getopt_long(argc, argv, "+c:o:a:t:X:hV", long_options, NULL)) != -1) {
        switch (option) {
        case 'c':
            ret->config_path = optarg;
            break;
        case 'o':
            if (strcmp(optarg, "json") != 0 && strcmp(optarg, "table") != 0) {
                fprintf(stderr, "geobill: --output takes table or json, not '%s'\n", optarg);
                return false;
            }
            ret->json = strcmp(optarg, "json") == 0;
            break;
        case 'a':
            ret->api = optarg;
            break;
        case 't':
            ret->token_file = optarg;
            break;
        case 'X':
            if (ret->overrides_count == OVERRIDES_MAX) {
                fprintf(stderr, "geobill: more than %d -X settings\n", OVERRIDES_MAX);
                return false;
            }
            ret->overrides[ret->overrides_count++] = optarg;
            break;
        case 'h':
            ret->help = true;
            break;
        case 'V':
            ret->version = true;
            break;
        default:
            fputs("geobill: try 'geobill --help'\n", stderr);
            return false;
        }
    }
    return true;
}

/* Commands have one word or two ("status", "client add"). *ret_words tells how many were used. */
static const struct gb_command *find_command(int argc, char **argv, int *ret_words)
{
    for (int words = argc < 2 ? argc : 2; words > 0; words--) {
        char name[64];
        snprintf(name, sizeof(name), words == 2 ? "%s %s" : "%s", argv[0],
                 words == 2 ? argv[1] : "");
        for (size_t i = 0; i < gb_commands_count; i++)
            if (strcmp(gb_commands[i].name, name) == 0) {
                *ret_words = words;
                return &gb_commands[i];
            }
    }
    return NULL;
}

static int print_command_help(const struct gb_command *command)
{
    printf("usage: geobill %s %s\n\n%s\n", command->name, command->usage, command->about);
    return GB_EXIT_FINE;
}

static int help_on(int argc, char **argv)
{
    int words;
    const struct gb_command *command = argc > 0 ? find_command(argc, argv, &words) : NULL;
    if (!command) {
        print_help(stdout);
        return GB_EXIT_FINE;
    }
    return print_command_help(command);
}

/* Options of the whole program are also taken behind the command: geobill status --output json. */
static bool take_late_options(int *argc, char **argv, struct global_options *options)
{
    int kept = 1;
    for (int i = 1; i < *argc; i++) {
        bool has_value = i + 1 < *argc;
        if (strcmp(argv[i], "--output") == 0 && has_value) {
            i++;
            if (strcmp(argv[i], "json") != 0 && strcmp(argv[i], "table") != 0) {
                fprintf(stderr, "geobill: --output takes table or json, not '%s'\n", argv[i]);
                return false;
            }
            options->json = strcmp(argv[i], "json") == 0;
        } else if (strcmp(argv[i], "--config") == 0 && has_value) {
            options->config_path = argv[++i];
        } else if (strcmp(argv[i], "--api") == 0 && has_value) {
            options->api = argv[++i];
        } else if (strcmp(argv[i], "--token-file") == 0 && has_value) {
            options->token_file = argv[++i];
        } else if (strcmp(argv[i], "--help") == 0) {
            options->help = true;
        } else {
            argv[kept++] = argv[i];
        }
    }
    *argc = kept;
    argv[kept] = NULL;
    return true;
}

static int run_with_config(const struct gb_command *command, const struct global_options *options,
                           int argc, char **argv)
{
    struct gb_err err = {0};
    struct gb_cli cli = {
        .json = options->json, .api = options->api, .token_file = options->token_file};
    struct gb_config *config = NULL;
    if (!command->offline) {
        if (!options->config_path)
            return gb_cli_usage(command->name,
                                "no configuration: give --config FILE or set GEOBILL_CONFIG");
        if (gb_config_load(options->config_path, options->overrides, options->overrides_count,
                           &config, &err) != GB_OK)
            return gb_cli_fail("configuration", &err);
        if (gb_config_need(config, "datacenter", "code", &cli.dc, &err) != GB_OK ||
            gb_config_need(config, "datacenter", "catalogue", &cli.catalogue, &err) != GB_OK) {
            gb_config_free(config);
            return gb_cli_fail("configuration", &err);
        }
    }
    cli.config = config;
    cli.arena = gb_arena_new(ARENA_BYTES_MAX);
    int code = command->run(&cli, argc, argv);
    gb_arena_free(cli.arena);
    gb_config_free(config);
    return code;
}

int main(int argc, char **argv)
{
    struct global_options options = {.config_path = getenv("GEOBILL_CONFIG")};
    if (!read_global_options(argc, argv, &options))
        return GB_EXIT_USAGE;
    if (options.version) {
        puts("geobill " GB_VERSION);
        return GB_EXIT_FINE;
    }
    argc -= optind;
    argv += optind;
    if (argc > 0 && strcmp(argv[0], "help") == 0)
        return help_on(argc - 1, argv + 1);
    if (options.help || argc == 0) {
        if (options.help)
            return help_on(argc, argv);
        print_help(stderr);
        return GB_EXIT_USAGE;
    }
    int words = 0;
    const struct gb_command *command = find_command(argc, argv, &words);
    if (!command) {
        fprintf(stderr, "geobill: no command '%s'; 'geobill --help' lists them\n", argv[0]);
        return GB_EXIT_USAGE;
    }
    argc -= words - 1;
    argv += words - 1;
    if (!take_late_options(&argc, argv, &options))
        return GB_EXIT_USAGE;
    if (options.help)
        return print_command_help(command);
    optind = 0;
    gb_log_init("geobill", "", GB_LOG_WARNING);
    struct gb_err err = {0};
    if (gb_wire_init(&err) != GB_OK)
        return gb_cli_fail("schemas", &err);
    int code = run_with_config(command, &options, argc, argv);
    gb_wire_done();
    return code;
}
