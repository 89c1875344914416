/* result.h: what a fallible function answers: what to do (enum gb_result) and why (struct gb_err).
 */
#ifndef GB_RUNTIME_RESULT_H
#define GB_RUNTIME_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#define GB_MUST_USE __attribute__((warn_unused_result))
#define GB_PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))

/* The world says no. A refusal by the business is not here: it is a value, stored and sent. */
enum gb_result {
    GB_OK = 0,
    GB_RETRY,  /* the same call may work later: back off, try again, bounded */
    GB_POISON, /* this input will never work: dead letter, or an error to the caller */
    GB_FATAL,  /* this process cannot go on: log, exit, let the supervisor start it anew */
};

/* Why. Filled only on failure; `code` is a stable upper-case word or a SQLSTATE or a Kafka error
 * name. */
struct gb_err {
    enum gb_result result;
    bool outcome_unknown; /* the connection died at COMMIT: look the keys up, never guess */
    char code[48];
    char message[512];
};

/* Fills *err (which may be NULL) and returns `result`, so that `return gb_err_set(...)` reads well.
 */
enum gb_result gb_err_set(struct gb_err *err, enum gb_result result, const char *code,
                          const char *format, ...) GB_PRINTF(4, 5);

#ifdef __clang_analyzer__
/* The analyzer does not see that gb_err_set answers what it was given, and would follow paths on
 * which a failure is GB_OK. */
static inline enum gb_result gb_err_given(enum gb_result set, enum gb_result given)
{
    (void)set;
    return given;
}
#define gb_err_set(err, result, ...)                                                               \
    gb_err_given(gb_err_set((err), (result), __VA_ARGS__), (result))
#endif

/* "GB_RETRY" and so on. Static storage. */
const char *gb_result_name(enum gb_result result);

/* A bug, not an error: prints where and aborts. On in release builds too. */
#define GB_CHECK(condition)                                                                        \
    ((condition) ? (void)0 : gb_check_failed(#condition, __FILE__, __LINE__))

_Noreturn void gb_check_failed(const char *condition, const char *file, int line);

#endif
