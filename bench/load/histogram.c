#include "histogram.h"

#include <stddef.h>

enum { STEP_BITS = 6 };
static const int64_t longest_us = 3600LL * 1000 * 1000;

/* Below 64 us each microsecond has a slot; above, the six bits below the highest choose it. */
static size_t slot_of(int64_t duration_us)
{
    uint64_t value = (uint64_t)duration_us;
    if (value < LOAD_HISTOGRAM_STEPS)
        return (size_t)value;
    unsigned high = 63 - (unsigned)__builtin_clzll(value);
    unsigned shift = high - STEP_BITS;
    return (size_t)(((uint64_t)(shift + 1) << STEP_BITS) +
                    ((value >> shift) - LOAD_HISTOGRAM_STEPS));
}

static int64_t slot_upper_us(size_t slot)
{
    if (slot < LOAD_HISTOGRAM_STEPS)
        return (int64_t)slot;
    unsigned shift = (unsigned)(slot >> STEP_BITS) - 1;
    int64_t step = (int64_t)(slot & (LOAD_HISTOGRAM_STEPS - 1)) + LOAD_HISTOGRAM_STEPS;
    return ((step + 1) << shift) - 1;
}

void load_histogram_add(struct load_histogram *histogram, int64_t duration_us)
{
    if (duration_us < 0)
        duration_us = 0;
    if (duration_us > longest_us)
        duration_us = longest_us;
    histogram->counts[slot_of(duration_us)]++;
    histogram->total++;
    if (duration_us > histogram->max_us)
        histogram->max_us = duration_us;
}

int64_t load_histogram_at(const struct load_histogram *histogram, int64_t permyriad)
{
    int64_t wanted = (histogram->total * permyriad + 9999) / 10000, seen = 0;
    if (histogram->total == 0)
        return 0;
    for (size_t slot = 0; slot < LOAD_HISTOGRAM_SLOTS; slot++) {
        seen += histogram->counts[slot];
        if (seen < wanted || seen == 0)
            continue;
        int64_t upper_us = slot_upper_us(slot);
        return upper_us < histogram->max_us ? upper_us : histogram->max_us;
    }
    return histogram->max_us;
}
