#include "core/priority.h"

#include <string.h>

bool gb_priority_older(struct gb_priority a, struct gb_priority b)
{
    if (a.clock_us != b.clock_us)
        return a.clock_us < b.clock_us;
    return strncmp(a.dc.code, b.dc.code, sizeof(a.dc.code)) < 0;
}

int64_t gb_clock_next(int64_t seen_us, int64_t now_us)
{
    return now_us > seen_us ? now_us : seen_us + 1;
}

int64_t gb_clock_merge(int64_t seen_us, int64_t heard_us, int64_t now_us, int64_t skew_us_max,
                       bool *alarm)
{
    int64_t believed_us = heard_us;
    if (heard_us - now_us > skew_us_max) {
        believed_us = now_us + skew_us_max;
        *alarm = true;
    }
    return believed_us > seen_us ? believed_us : seen_us;
}
