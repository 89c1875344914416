/* log.h: one JSON line an event on standard error. Programs log; libraries return. Any thread. */
#ifndef GB_RUNTIME_LOG_H
#define GB_RUNTIME_LOG_H

#include "runtime/result.h"
#include "runtime/trace.h"

enum gb_log_level { GB_LOG_DEBUG, GB_LOG_INFO, GB_LOG_WARNING, GB_LOG_ERROR };

/* One more name and value of a line. Build them with the macros below; a list ends with GB_LOG_END.
 */
struct gb_log_field {
    const char *name;
    enum { GB_LOG_FIELD_TEXT, GB_LOG_FIELD_INT, GB_LOG_FIELD_TRACE, GB_LOG_FIELD_NONE } kind;
    const char *text;
    int64_t number;
    const struct gb_trace *trace;
};

/* gb_log(GB_LOG_INFO, "page sent", GB_F_TEXT("stream", s), GB_F_INT("page", n)); The message never
 * holds values. Secrets never go in. Field names are the glossary's words: dc, stream, page,
 * account_id, key, trace_id, ... */
#define gb_log(level, ...)                                                                         \
    gb_log_fields((level), GB_LOG_HEAD(__VA_ARGS__, GB_LOG_END),                                   \
                  (const struct gb_log_field[]){GB_LOG_TAIL(__VA_ARGS__, GB_LOG_END)})
#define GB_LOG_HEAD(message, ...) (message)
#define GB_LOG_TAIL(message, ...) __VA_ARGS__
#define GB_F_TEXT(field, value)                                                                    \
    {                                                                                              \
        .name = (field), .kind = GB_LOG_FIELD_TEXT, .text = (value)                                \
    }
#define GB_F_INT(field, value)                                                                     \
    {                                                                                              \
        .name = (field), .kind = GB_LOG_FIELD_INT, .number = (int64_t)(value)                      \
    }
#define GB_F_TRACE(value)                                                                          \
    {                                                                                              \
        .name = "trace_id", .kind = GB_LOG_FIELD_TRACE, .trace = (value)                           \
    }
#define GB_F_ERR(err) GB_F_TEXT("error_code", (err)->code), GB_F_TEXT("error", (err)->message)
#define GB_LOG_END                                                                                 \
    {                                                                                              \
        .name = NULL, .kind = GB_LOG_FIELD_NONE                                                    \
    }

/* "debug", "info", "warning", "error". False when it is none of them. */
bool gb_log_level_parse(const char *text, enum gb_log_level *ret);

/* Once at start, before other threads log: `program` and `dc` (may be NULL) go into every line;
 * lines below `level` are dropped. Strings must live on. */
void gb_log_init(const char *program, const char *dc, enum gb_log_level level);

/* Writes the line with one write(2). A line has at most 4096 bytes and a value at most 1024 (cut
 * with "..."); fields that do not fit are left out and "truncated":1 says so. Bytes that are not
 * UTF-8 become U+FFFD. */
void gb_log_fields(enum gb_log_level level, const char *message, const struct gb_log_field *fields);

#endif
