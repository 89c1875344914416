/* geobill topic cat: the records of a topic, one JSON object a line. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bus/consumer.h"
#include "cli/options.h"
#include "cli/output.h"
#include "wire/print_message.h"

#define TIMEOUT_MS 60000
#define ARENA_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define PARTITIONS_MAX 1024

struct cat {
    struct gb_arena *arena; /* of one record */
    int64_t left;           /* records still to print */
};

static json_t *bytes_as_json(struct gb_bytes bytes)
{
    json_t *text = json_stringn(bytes.size ? bytes.data : "", bytes.size);
    return text ? text : json_string("(not UTF-8)");
}

static json_t *headers_as_json(const struct gb_record *record)
{
    json_t *headers = json_object();
    for (size_t i = 0; i < record->headers_count; i++)
        json_object_set_new(headers, record->headers[i].name,
                            bytes_as_json(record->headers[i].value));
    return headers;
}

static bool print_record(void *context, const struct gb_record *record)
{
    struct cat *cat = context;
    struct gb_err err = {0};
    enum gb_message_kind kind;
    json_t *body = NULL;
    gb_arena_reset(cat->arena);
    json_t *line = json_pack("{s:s, s:i, s:I, s:I}", "topic", record->topic, "partition",
                             (int)record->partition, "offset", (json_int_t)record->offset,
                             "timestamp_ms", (json_int_t)record->timestamp_ms);
    json_object_set_new(line, "key", bytes_as_json(record->key));
    json_object_set_new(line, "headers", headers_as_json(record));
    if (gb_message_print(record->value, cat->arena, &kind, &body, &err) == GB_OK) {
        json_object_set_new(line, "type", json_string(gb_message_type(kind)));
        json_object_set_new(line, "body", body);
    } else {
        json_object_set_new(line, "error", json_string(err.message));
        json_object_set_new(line, "size", json_integer((json_int_t)record->value.size));
    }
    json_dumpf(line, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(line);
    return --cat->left > 0;
}

/* "geobill.<dc>.<family>.v1" lies at <dc>'s cluster, the catalogue at the catalogue's datacenter.
 */
static const char *cluster_of(struct gb_cli *cli, const char *topic)
{
    const char *dc = strchr(topic, '.');
    if (strcmp(topic, GB_TOPIC_CATALOGUE) == 0 || !dc)
        return cli->catalogue;
    const char *code = gb_arena_strndup(cli->arena, dc + 1, strcspn(dc + 1, "."));
    GB_CHECK(code != NULL);
    return code;
}

/* How many partitions the topic has, by the family in its name. */
static int64_t partitions_of(const struct gb_cli *cli, const char *topic)
{
    if (strcmp(topic, GB_TOPIC_CATALOGUE) == 0 || strstr(topic, ".dlq."))
        return 1;
    return gb_config_int(cli->config, "topics", "partitions");
}

/* From the partition in `range` to the last. */
static int read_partitions(struct gb_cli *cli, struct gb_topic_range range, int64_t last,
                           struct cat *cat)
{
    for (; range.partition <= last && cat->left > 0; range.partition++) {
        struct gb_err err = {0};
        if (gb_topic_read(cli->config, &range, print_record, cat, &err) != GB_OK)
            return gb_cli_fail("topic cat", &err);
    }
    return GB_EXIT_FINE;
}

int gb_cli_topic_cat(struct gb_cli *cli, int argc, char **argv)
{
    const char *topic = NULL, *partition_text = NULL, *offset_text = "0", *cluster = NULL;
    const char *limit = "1000000000";
    const struct gb_option options[] = {{"partition", &partition_text, NULL},
                                        {"offset", &offset_text, NULL},
                                        {"cluster", &cluster, NULL},
                                        {"limit", &limit, NULL}};
    const struct gb_syntax syntax = {.command = "topic cat",
                                     .options = options,
                                     .options_count = 4,
                                     .arguments = &topic,
                                     .arguments_count = 1};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    int64_t first = 0, last = partitions_of(cli, topic) - 1, offset;
    struct cat cat = {0};
    if (partition_text && !gb_option_int(partition_text, 0, PARTITIONS_MAX, &first))
        return gb_cli_usage("topic cat", "--partition takes a number");
    if (!gb_option_int(offset_text, 0, INT64_MAX, &offset) ||
        !gb_option_int(limit, 1, INT64_MAX, &cat.left))
        return gb_cli_usage("topic cat", "--offset and --limit take numbers");
    if (partition_text)
        last = first;
    cat.arena = gb_arena_new(ARENA_BYTES_MAX);
    const struct gb_topic_range range = {.cluster = cluster ? cluster : cluster_of(cli, topic),
                                         .topic = topic,
                                         .partition = (int32_t)first,
                                         .offset = offset,
                                         .timeout_ms = TIMEOUT_MS};
    int code = read_partitions(cli, range, last, &cat);
    gb_arena_free(cat.arena);
    return code;
}
