/* geobill topics ...: this datacenter's topics, as [topics] wants them. */
#include <stdio.h>
#include <string.h>

#include "bus/record.h"
#include "bus/topics.h"
#include "cli/options.h"
#include "cli/output.h"

#define TIMEOUT_MS 30000

static const char *const families[] = {"payin", "ledger", "reserve", "reserve-reply", "dlq"};
#define FAMILIES (sizeof(families) / sizeof(families[0]))
#define WANTS_MAX (FAMILIES + 1)

struct wants {
    struct gb_topic_want topics[WANTS_MAX];
    char names[WANTS_MAX][GB_TOPIC_SIZE];
    size_t count;
};

/* What this datacenter's cluster should have: the own topics, and the catalogue's where it is
 * written. */
static void fill_wants(const struct gb_cli *cli, struct wants *ret)
{
    int32_t partitions = (int32_t)gb_config_int(cli->config, "topics", "partitions");
    int32_t replication = (int32_t)gb_config_int(cli->config, "topics", "replication");
    int32_t in_sync = (int32_t)gb_config_int(cli->config, "topics", "min_insync_replicas");
    int64_t retention_ms = gb_config_int(cli->config, "topics", "retention_ms");
    ret->count = 0;
    for (size_t i = 0; i < FAMILIES; i++) {
        gb_topic_name(ret->names[i], cli->dc, families[i]);
        bool dead_letters = strcmp(families[i], "dlq") == 0;
        ret->topics[ret->count++] =
            (struct gb_topic_want){.name = ret->names[i],
                                   .partitions = dead_letters ? 1 : partitions,
                                   .replication = replication,
                                   .retention_ms = dead_letters ? -1 : retention_ms,
                                   .append_time = strcmp(families[i], "reserve") == 0,
                                   .min_insync_replicas = in_sync};
    }
    if (strcmp(cli->dc, cli->catalogue) == 0)
        ret->topics[ret->count++] = (struct gb_topic_want){.name = GB_TOPIC_CATALOGUE,
                                                           .partitions = 1,
                                                           .replication = replication,
                                                           .retention_ms = -1,
                                                           .compacted = true,
                                                           .min_insync_replicas = in_sync};
}

int gb_cli_topics_create(struct gb_cli *cli, int argc, char **argv)
{
    const struct gb_syntax syntax = {.command = "topics create"};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    struct wants wants;
    fill_wants(cli, &wants);
    const struct gb_topic_wants asked = {cli->dc, wants.topics, wants.count, TIMEOUT_MS};
    bool created[WANTS_MAX] = {false};
    struct gb_err err = {0};
    if (gb_topics_create(cli->config, &asked, created, &err) != GB_OK)
        return gb_cli_fail("topics create", &err);
    static const struct gb_column columns[] = {{"topic", GB_CELL_TEXT}, {"result", GB_CELL_TEXT}};
    struct gb_table *table = gb_table_new(cli, columns, 2);
    for (size_t i = 0; i < wants.count; i++)
        gb_table_row(table,
                     (const char *[]){wants.topics[i].name, created[i] ? "created" : "exists"});
    gb_table_print(table, NULL);
    return GB_EXIT_FINE;
}

/* "fine", or the first thing that differs. */
static const char *judge(const struct gb_topic_want *want, const struct gb_topic_state *state)
{
    if (state->partitions == 0)
        return "missing";
    if (state->partitions != want->partitions)
        return "partitions differ";
    if (state->replication != want->replication)
        return "replication differs";
    if (state->compacted != want->compacted)
        return "cleanup differs";
    if (state->retention_ms != want->retention_ms && !want->compacted)
        return "retention differs";
    return "fine";
}

int gb_cli_topics_check(struct gb_cli *cli, int argc, char **argv)
{
    const struct gb_syntax syntax = {.command = "topics check"};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    struct wants wants;
    fill_wants(cli, &wants);
    const struct gb_topic_wants asked = {cli->dc, wants.topics, wants.count, TIMEOUT_MS};
    struct gb_topic_state states[WANTS_MAX];
    struct gb_err err = {0};
    if (gb_topics_describe(cli->config, &asked, states, &err) != GB_OK)
        return gb_cli_fail("topics check", &err);
    static const struct gb_column columns[] = {
        {"topic", GB_CELL_TEXT},         {"partitions", GB_CELL_NUMBER},
        {"replication", GB_CELL_NUMBER}, {"retention_ms", GB_CELL_NUMBER},
        {"compacted", GB_CELL_TEXT},     {"result", GB_CELL_TEXT},
    };
    struct gb_table *table = gb_table_new(cli, columns, 6);
    int code = GB_EXIT_FINE;
    for (size_t i = 0; i < wants.count; i++) {
        const char *verdict = judge(&wants.topics[i], &states[i]);
        if (strcmp(verdict, "fine") != 0)
            code = GB_EXIT_FOUND;
        gb_table_row(table,
                     (const char *[]){wants.topics[i].name, gb_cell_int(cli, states[i].partitions),
                                      gb_cell_int(cli, states[i].replication),
                                      gb_cell_int(cli, states[i].retention_ms),
                                      states[i].compacted ? "yes" : "no", verdict});
    }
    gb_table_print(table, NULL);
    return code;
}
