#include "cli/import_plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/call_api.h"
#include "cli/import_file.h"
#include "cli/options.h"
#include "core/identity.h"
#include "core/money.h"
#include "runtime/digest.h"

static const char command[] = "import";

static int usage(struct gb_cli *cli, const char *what, const char *word)
{
    const char *problem = gb_arena_printf(cli->arena, "%s%s", what, word);
    GB_CHECK(problem != NULL);
    return gb_cli_usage(command, problem);
}

/* dc2 before dc10. */
static int by_number(const void *a, const void *b)
{
    const char *one = ((const struct gb_import_dc *)a)->code;
    const char *two = ((const struct gb_import_dc *)b)->code;
    size_t sizes[] = {strlen(one), strlen(two)};
    return sizes[0] == sizes[1] ? strcmp(one, two) : sizes[0] < sizes[1] ? -1 : 1;
}

static int add_dc(struct gb_cli *cli, const char *code, struct gb_import_plan *plan)
{
    struct gb_dc dc;
    const char *api = gb_dc_parse(code, &dc) ? gb_cli_api_of(cli, code) : NULL;
    if (!api)
        return usage(cli, "--dc: no API is configured for datacenter ", *code ? code : "''");
    for (size_t i = 0; i < plan->dcs_count; i++)
        if (strcmp(plan->dcs[i].code, code) == 0)
            return usage(cli, "--dc names twice: ", code);
    if (plan->dcs_count == GB_CLI_DCS_MAX)
        return usage(cli, "--dc names too many datacenters", "");
    plan->dcs[plan->dcs_count++] = (struct gb_import_dc){code, api};
    return GB_EXIT_FINE;
}

/* The list, sorted: in which order it is given must not change where a movement goes. */
static int read_list(struct gb_cli *cli, const char *list, struct gb_import_plan *plan)
{
    for (const char *at = list;; at++) {
        size_t size = strcspn(at, ",");
        const char *code = gb_arena_strndup(cli->arena, at, size);
        GB_CHECK(code != NULL);
        int exit_code = add_dc(cli, code, plan);
        if (exit_code != GB_EXIT_FINE)
            return exit_code;
        at += size;
        if (*at == '\0')
            break;
    }
    qsort(plan->dcs, plan->dcs_count, sizeof(plan->dcs[0]), by_number);
    plan->list = plan->dcs[0].code;
    for (size_t i = 1; i < plan->dcs_count; i++) {
        plan->list = gb_arena_printf(cli->arena, "%s,%s", plan->list, plan->dcs[i].code);
        GB_CHECK(plan->list != NULL);
    }
    const char *catalogue = gb_cli_api_of(cli, cli->catalogue);
    plan->catalogue = (struct gb_import_dc){cli->catalogue, catalogue};
    if (!catalogue) /* any other passes it on */
        plan->catalogue = plan->dcs[0];
    return GB_EXIT_FINE;
}

/* A number of the command line. */
struct number {
    const char *name, *text;
    int64_t min, max;
    int64_t *ret;
};

static int read_numbers(struct gb_cli *cli, const struct number *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct number *number = &numbers[i];
        if (gb_option_int(number->text, number->min, number->max, number->ret))
            continue;
        const char *problem =
            gb_arena_printf(cli->arena, "--%s takes a whole number from %" PRId64 " to %" PRId64,
                            number->name, number->min, number->max);
        GB_CHECK(problem != NULL);
        return gb_cli_usage(command, problem);
    }
    return GB_EXIT_FINE;
}

static int read_words(struct gb_cli *cli, const char *only, struct gb_import_plan *plan)
{
    struct gb_currency currency;
    if (!plan->currency || !gb_currency_parse(plan->currency, &currency))
        return usage(cli, "--currency takes a code of three letters A-Z", "");
    if (only && strcmp(only, gb_import_kinds[GB_IMPORT_CREDIT].name) != 0)
        return usage(cli, "--only takes credit, not ", only);
    plan->only_credit = only != NULL;
    if (*plan->prefix &&
        (strlen(plan->prefix) > GB_IMPORT_PREFIX_MAX || !gb_account_id_valid(plan->prefix)))
        return usage(cli, "--prefix takes at most 32 of A-Z a-z 0-9 . _ -", "");
    if (!plan->state_path) {
        plan->state_path = gb_arena_printf(cli->arena, "%s.import-state", plan->path);
        GB_CHECK(plan->state_path != NULL);
    }
    return GB_EXIT_FINE;
}

int gb_import_plan_read(struct gb_cli *cli, int argc, char **argv, struct gb_import_plan *ret)
{
    const char *list = NULL, *only = NULL, *seed = "0";
    const char *concurrency = "64", *patience = "60", *wait = "60";
    *ret = (struct gb_import_plan){.prefix = ""};
    const struct gb_option options[] = {
        {"dc", &list, NULL},
        {"currency", &ret->currency, NULL},
        {"only", &only, NULL},
        {"prefix", &ret->prefix, NULL},
        {"seed", &seed, NULL},
        {"state", &ret->state_path, NULL},
        {"concurrency", &concurrency, NULL},
        {"patience", &patience, NULL},
        {"wait", &wait, NULL},
    };
    const struct gb_syntax syntax = {.command = command,
                                     .options = options,
                                     .options_count = sizeof(options) / sizeof(options[0]),
                                     .arguments = &ret->path,
                                     .arguments_count = 1};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    const struct number numbers[] = {
        {"seed", seed, INT64_MIN, INT64_MAX, &ret->seed},
        {"concurrency", concurrency, 1, 1024, &ret->concurrency},
        {"patience", patience, 1, 86400, &ret->patience_s},
        {"wait", wait, 0, 86400, &ret->wait_s},
    };
    if (!list)
        return gb_cli_usage(command, "--dc is missing");
    int exit_code = read_numbers(cli, numbers, sizeof(numbers) / sizeof(numbers[0]));
    if (exit_code == GB_EXIT_FINE)
        exit_code = read_words(cli, only, ret);
    if (exit_code == GB_EXIT_FINE)
        exit_code = read_list(cli, list, ret);
    return exit_code;
}

size_t gb_import_choose(int64_t seed, const char *reference, size_t count)
{
    char text[32 + GB_KEY_SIZE];
    uint8_t digest[GB_DIGEST_SIZE];
    int size = snprintf(text, sizeof(text), "%" PRId64 ":%s", seed, reference);
    GB_CHECK(size > 0 && (size_t)size < sizeof(text));
    gb_sha256(text, (size_t)size, digest);
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | digest[i];
    return (size_t)(number % count);
}
