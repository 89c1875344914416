/* clock.h: time as int64 microseconds (_us), and how it is written. */
#ifndef GB_RUNTIME_CLOCK_H
#define GB_RUNTIME_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/result.h"

/* Microseconds since 1970-01-01T00:00:00Z; may jump. For what is stored and shown. */
int64_t gb_clock_wall_us(void);

/* Microseconds that never go back. For deadlines and durations. */
int64_t gb_clock_mono_us(void);

#define GB_CLOCK_TEXT_SIZE 32
/* "2026-11-23T01:38:55.123456Z" into `text` (GB_CLOCK_TEXT_SIZE bytes). */
void gb_clock_format(int64_t wall_us, char text[GB_CLOCK_TEXT_SIZE]);

/* Reads what gb_clock_format writes (fraction of 0-6 digits, Z only). GB_POISON otherwise. */
enum gb_result gb_clock_parse(const char *text, int64_t *ret_wall_us) GB_MUST_USE;

/* Exponential backoff with full jitter: a wait between 0 and min(cap, base * 2^attempt)
 * milliseconds. */
int64_t gb_backoff_ms(unsigned attempt, int64_t base_ms, int64_t cap_ms);

#endif
