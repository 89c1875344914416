#include "wire/letter_dialect.h"

#include <string.h>

#define TOPIC_BYTES_MAX 249 /* Kafka's */
#define WHO_BYTES_MAX 100
#define CLASS_BYTES_MAX 150
#define MESSAGE_BYTES_MAX 300

/* Whose headers have which names. Connect writes all as text; Spring numbers in big-endian bytes.
 */
static const struct names {
    enum gb_dialect dialect;
    const char *prefix;
    const char *word; /* for people */
    bool binary;
    const char *topic, *partition, *offset, *timestamp, *who, *class, *message;
} dialects[] = {
    {GB_DIALECT_OWN, "__geobill.errors.", "geobill", false, "", "", "", "", "", "", ""},
    {GB_DIALECT_CONNECT, "__connect.errors.", "connect", false, "topic", "partition", "offset", "",
     "connector.name", "exception.class.name", "exception.message"},
    {GB_DIALECT_SPRING, "kafka_dlt-", "spring", true, "original-topic", "original-partition",
     "original-offset", "original-timestamp", "original-consumer-group", "exception-fqcn",
     "exception-message"},
};
enum { DIALECTS = sizeof(dialects) / sizeof(dialects[0]) };

static bool is_of(const struct gb_header *header, const struct names *names)
{
    return strncmp(header->name, names->prefix, strlen(names->prefix)) == 0;
}

static const struct names *find_dialect(const struct gb_header *headers, size_t count)
{
    for (size_t d = 0; d < DIALECTS; d++)
        for (size_t i = 0; i < count; i++)
            if (is_of(&headers[i], &dialects[d]))
                return &dialects[d];
    return NULL;
}

/* The last of that name counts: who fails a second time writes below the first. */
static struct gb_bytes find(const struct gb_header *headers, size_t count,
                            const struct names *names, const char *name)
{
    size_t prefix = strlen(names->prefix);
    struct gb_bytes found = {NULL, 0};
    for (size_t i = 0; i < count; i++)
        if (is_of(&headers[i], names) && strcmp(headers[i].name + prefix, name) == 0)
            found = headers[i].value;
    return found;
}

static const char *plain(struct gb_bytes bytes, size_t size_max, struct gb_arena *arena)
{
    size_t size = bytes.size < size_max ? bytes.size : size_max;
    char *text = gb_arena_strndup(arena, size == 0 ? "" : bytes.data, size);
    GB_CHECK(text != NULL);
    for (size_t i = 0; i < size; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            text[i] = '?';
    return text;
}

static int64_t big_endian(struct gb_bytes bytes, size_t size)
{
    const uint8_t *data = bytes.data;
    uint64_t value = 0;
    if (bytes.size != size || data[0] > 0x7f)
        return -1;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | data[i];
    return (int64_t)value;
}

static int64_t digits(struct gb_bytes bytes)
{
    const uint8_t *data = bytes.data;
    int64_t value = 0;
    if (bytes.size == 0 || bytes.size > 18)
        return -1;
    for (size_t i = 0; i < bytes.size; i++) {
        if (data[i] < '0' || data[i] > '9')
            return -1;
        value = value * 10 + (data[i] - '0');
    }
    return value;
}

static bool is_topic(struct gb_bytes bytes)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const char *data = bytes.data;
    for (size_t i = 0; i < bytes.size; i++)
        if (data[i] == '\0' || strchr(allowed, data[i]) == NULL)
            return false;
    return bytes.size > 0 && bytes.size <= TOPIC_BYTES_MAX;
}

static void keep_own_headers(const struct gb_header *headers, size_t count,
                             const struct names *names, struct gb_arena *arena,
                             struct gb_foreign_letter *ret)
{
    ret->headers = gb_arena_array(arena, count + 1, sizeof(*ret->headers));
    GB_CHECK(ret->headers != NULL);
    for (size_t i = 0; i < count; i++)
        if (!is_of(&headers[i], names))
            ret->headers[ret->headers_count++] = headers[i];
}

static void read_reason(const struct gb_header *headers, size_t count, const struct names *names,
                        struct gb_arena *arena, struct gb_foreign_letter *ret)
{
    struct gb_bytes who = find(headers, count, names, names->who);
    struct gb_bytes class = find(headers, count, names, names->class);
    struct gb_bytes message = find(headers, count, names, names->message);
    ret->who = gb_arena_printf(arena, "%s%s%s", names->word, who.size > 0 ? " " : "",
                               plain(who, WHO_BYTES_MAX, arena));
    ret->why = gb_arena_printf(
        arena, "%s%s%s", class.size > 0 ? plain(class, CLASS_BYTES_MAX, arena) : "no exception",
        message.size > 0 ? ": " : "", plain(message, MESSAGE_BYTES_MAX, arena));
    GB_CHECK(ret->who != NULL && ret->why != NULL);
}

void gb_foreign_letter_read(const struct gb_header *headers, size_t count, struct gb_arena *arena,
                            struct gb_foreign_letter *ret)
{
    *ret = (struct gb_foreign_letter){
        .topic = "", .partition = -1, .offset = -1, .timestamp_ms = -1, .who = "", .why = ""};
    const struct names *names = find_dialect(headers, count);
    if (names == NULL)
        return;
    struct gb_bytes topic = find(headers, count, names, names->topic);
    if (names->dialect != GB_DIALECT_OWN && !is_topic(topic))
        return;
    ret->dialect = names->dialect;
    if (names->dialect == GB_DIALECT_OWN)
        return;
    struct gb_bytes partition = find(headers, count, names, names->partition);
    struct gb_bytes offset = find(headers, count, names, names->offset);
    struct gb_bytes timestamp = find(headers, count, names, names->timestamp);
    int64_t number = names->binary ? big_endian(partition, 4) : digits(partition);
    ret->topic = plain(topic, TOPIC_BYTES_MAX, arena);
    ret->partition = number <= INT32_MAX ? (int32_t)number : -1;
    ret->offset = names->binary ? big_endian(offset, 8) : digits(offset);
    ret->timestamp_ms = names->binary ? big_endian(timestamp, 8) : -1;
    read_reason(headers, count, names, arena, ret);
    keep_own_headers(headers, count, names, arena, ret);
}
