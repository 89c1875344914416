#include "runtime/result.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum gb_result(gb_err_set)(struct gb_err *err, enum gb_result result, const char *code,
                           const char *format, ...)
{
    if (err == NULL)
        return result;
    /* The arguments may point into *err itself (an error wrapped once more), so write aside first.
     */
    struct gb_err fresh = {.result = result};
    va_list args;
    va_start(args, format);
    (void)vsnprintf(fresh.message, sizeof(fresh.message), format, args);
    va_end(args);
    (void)snprintf(fresh.code, sizeof(fresh.code), "%s", code);
    *err = fresh;
    return result;
}

const char *gb_result_name(enum gb_result result)
{
    switch (result) {
    case GB_OK:
        return "GB_OK";
    case GB_RETRY:
        return "GB_RETRY";
    case GB_POISON:
        return "GB_POISON";
    case GB_FATAL:
        return "GB_FATAL";
    }
    return "GB_UNKNOWN";
}

void gb_check_failed(const char *condition, const char *file, int line)
{
    (void)dprintf(STDERR_FILENO, "%s:%d: check failed: %s\n", file, line, condition);
    abort();
}
