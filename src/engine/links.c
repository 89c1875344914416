/* The numbers of a link as columns, in the order of share_link_read and share_link_save. */
#include <stddef.h>
#include <string.h>

#include "engine/work.h"

struct column {
    size_t offset;
    bool narrow; /* an int or an enum */
};

#define WIDE(member)                                                                               \
    {                                                                                              \
        offsetof(struct gb_link, member), false                                                    \
    }
#define NARROW(member)                                                                             \
    {                                                                                              \
        offsetof(struct gb_link, member), true                                                     \
    }

static const struct column COLUMNS[] = {
    WIDE(out_total),
    WIDE(in_total),
    WIDE(peer_in_total),
    WIDE(granted_total),
    NARROW(ask_state),
    WIDE(ask_seq),
    WIDE(ask_target),
    NARROW(ask_round),
    WIDE(ask_from_total),
    WIDE(reask_at_us),
    WIDE(answers[0].ask_seq),
    WIDE(answers[0].total),
    WIDE(answers[0].balance),
    WIDE(answers[0].available),
    WIDE(answers[0].reserved),
    WIDE(answers[1].ask_seq),
    WIDE(answers[1].total),
    WIDE(answers[1].balance),
    WIDE(answers[1].available),
    WIDE(answers[1].reserved),
    WIDE(peer_ask_seq),
    WIDE(peer_ask_target),
    WIDE(peer_ask_priority.clock_us),
    NARROW(peer_ask_round),
    WIDE(peer_ask_until_us),
    WIDE(hint_version),
    WIDE(hint),
    WIDE(hint_at_us),
    WIDE(clock_us),
};
_Static_assert(sizeof(COLUMNS) / sizeof(COLUMNS[0]) == GB_LINK_NUMBERS, "one for each number");
_Static_assert(sizeof(enum gb_ask_state) == sizeof(int32_t), "an enum is read as an int32_t");

void gb_link_numbers_set(struct gb_link *link, const int64_t numbers[GB_LINK_NUMBERS])
{
    for (size_t i = 0; i < GB_LINK_NUMBERS; i++) {
        char *member = (char *)link + COLUMNS[i].offset;
        int32_t narrow = (int32_t)numbers[i];
        if (COLUMNS[i].narrow)
            memcpy(member, &narrow, sizeof(narrow));
        else
            memcpy(member, &numbers[i], sizeof(numbers[i]));
    }
    link->peer_ask_priority.dc = link->peer;
}

void gb_link_numbers_get(const struct gb_link *link, int64_t ret[GB_LINK_NUMBERS])
{
    for (size_t i = 0; i < GB_LINK_NUMBERS; i++) {
        const char *member = (const char *)link + COLUMNS[i].offset;
        int32_t narrow;
        if (COLUMNS[i].narrow) {
            memcpy(&narrow, member, sizeof(narrow));
            ret[i] = narrow;
        } else {
            memcpy(&ret[i], member, sizeof(ret[i]));
        }
    }
}
