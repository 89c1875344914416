#include "answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client.h"

static bool is_field(const char *line, size_t size, const char *name)
{
    size_t length = strlen(name);
    return size > length && line[length] == ':' && strncasecmp(line, name, length) == 0;
}

/* What stands behind the colon, without blanks before it; ends with the line. */
static const char *field_value(const char *line)
{
    const char *value = strchr(line, ':') + 1;
    return value + strspn(value, " \t");
}

static void read_field(struct load_connection *connection, const char *line, size_t size,
                       int64_t *ret_length)
{
    switch (line[0] | 0x20) {
    case 'c':
        if (is_field(line, size, "content-length"))
            *ret_length = strtoll(field_value(line), NULL, 10);
        else if (is_field(line, size, "connection"))
            connection->closing = strncasecmp(field_value(line), "close", 5) == 0;
        break;
    case 'i':
        if (is_field(line, size, "idempotent-replayed"))
            connection->replayed = strncasecmp(field_value(line), "true", 4) == 0;
        break;
    default:
        break;
    }
}

static bool read_status(struct load_connection *connection)
{
    const char *head = connection->in;
    if (connection->head_size < 16 || memcmp(head, "HTTP/1.", 7) != 0)
        return false;
    char *end;
    long status = strtol(head + 9, &end, 10);
    connection->status = (int)status;
    return end == head + 12 && status >= 200 && status <= 599;
}

bool load_answer_parse(struct load_connection *connection)
{
    const char *head = connection->in;
    const char *end = memmem(head, connection->in_size, "\r\n\r\n", 4);
    if (end == NULL)
        return true;
    connection->head_size = (size_t)(end - head) + 4;
    connection->replayed = false;
    if (!read_status(connection))
        return false;
    int64_t length = connection->status == 204 ? 0 : -1;
    for (const char *line = head; line < end;) {
        const char *line_end = memchr(line, '\r', (size_t)(end - line) + 1);
        read_field(connection, line, (size_t)(line_end - line), &length);
        line = line_end + 2;
    }
    connection->body_left = length - (int64_t)(connection->in_size - connection->head_size);
    return length >= 0 && connection->body_left >= 0;
}
