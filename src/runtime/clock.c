#include "runtime/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "runtime/uuid.h"

enum { US_PER_SECOND = 1000000, SECONDS_PER_DAY = 86400 };

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;
    GB_CHECK(clock_gettime(clock, &now) == 0);
    return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

int64_t gb_clock_wall_us(void)
{
    return clock_us(CLOCK_REALTIME);
}

int64_t gb_clock_mono_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

void gb_clock_format(int64_t wall_us, char text[GB_CLOCK_TEXT_SIZE])
{
    int64_t seconds = wall_us / US_PER_SECOND;
    int64_t fraction_us = wall_us % US_PER_SECOND;
    if (fraction_us < 0) {
        seconds -= 1;
        fraction_us += US_PER_SECOND;
    }
    time_t time = (time_t)seconds;
    struct tm utc;
    GB_CHECK(gmtime_r(&time, &utc) != NULL);
    char date[GB_CLOCK_TEXT_SIZE];
    GB_CHECK(strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc) > 0);
    int length = snprintf(text, GB_CLOCK_TEXT_SIZE, "%.23s.%06uZ", date, (unsigned)fraction_us);
    GB_CHECK(length > 0 && length < GB_CLOCK_TEXT_SIZE);
}

/* Reads exactly `digits` digits and moves *at behind them. */
static bool read_number(const char **at, int digits, int *ret)
{
    int number = 0;
    for (int i = 0; i < digits; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        number = number * 10 + (**at - '0');
    }
    *ret = number;
    return true;
}

static bool read_separator(const char **at, char separator)
{
    if (**at != separator)
        return false;
    (*at)++;
    return true;
}

/* ".123456" or nothing. */
static bool read_fraction(const char **at, int *ret_us)
{
    *ret_us = 0;
    if (!read_separator(at, '.'))
        return true;
    int digits = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++, digits++) {
        if (digits == 6)
            return false;
        *ret_us = *ret_us * 10 + (**at - '0');
    }
    for (int i = digits; i < 6; i++)
        *ret_us *= 10;
    return digits > 0;
}

/* Days from 1970-01-01 of a date that exists. */
static bool days_of(int year, int month, int day, int64_t *ret)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    if (month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int length = before[month] - before[month - 1] + (leap && month == 2);
    if (day > length)
        return false;
    int64_t past = (int64_t)year -
                   1; /* whole years before; -1 for year 0, whose floors are handled by + 400 */
    int64_t leaps = (past + 400) / 4 - (past + 400) / 100 + (past + 400) / 400 - 97;
    int64_t days = past * 365 + leaps + before[month - 1] + (leap && month > 2) + day - 1;
    *ret = days - 719162; /* of 0001-01-01 to 1970-01-01 */
    return true;
}

enum gb_result gb_clock_parse(const char *text, int64_t *ret_wall_us)
{
    int year, month, day, hour, minute, second, fraction_us;
    const char *at = text;
    bool read =
        read_number(&at, 4, &year) && read_separator(&at, '-') && read_number(&at, 2, &month) &&
        read_separator(&at, '-') && read_number(&at, 2, &day) && read_separator(&at, 'T') &&
        read_number(&at, 2, &hour) && read_separator(&at, ':') && read_number(&at, 2, &minute) &&
        read_separator(&at, ':') && read_number(&at, 2, &second) &&
        read_fraction(&at, &fraction_us) && read_separator(&at, 'Z') && *at == '\0';
    int64_t days;
    if (!read || hour > 23 || minute > 59 || second > 59 || !days_of(year, month, day, &days))
        return GB_POISON;
    int64_t seconds = days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
    *ret_wall_us = seconds * US_PER_SECOND + fraction_us;
    return GB_OK;
}

int64_t gb_backoff_ms(unsigned attempt, int64_t base_ms, int64_t cap_ms)
{
    GB_CHECK(base_ms >= 0 && cap_ms >= 0);
    int64_t most_ms = base_ms;
    for (unsigned i = 0; i < attempt && most_ms < cap_ms && most_ms > 0; i++)
        most_ms = most_ms > INT64_MAX / 2 ? INT64_MAX : most_ms * 2;
    most_ms = most_ms < cap_ms ? most_ms : cap_ms;
    uint64_t random;
    gb_random(&random, sizeof(random));
    return (int64_t)(random % ((uint64_t)most_ms + 1));
}
