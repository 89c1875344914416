/* letter_reason.h: why messages become dead letters, for people: one row for each code. The code is
 * for programs and stays for ever. */
#ifndef GB_WIRE_LETTER_REASON_H
#define GB_WIRE_LETTER_REASON_H

#include <stdbool.h>
#include <stddef.h>

struct gb_letter_reason {
    const char *code;
    const char *what;   /* was wrong */
    const char *advice; /* what to do */
};

extern const struct gb_letter_reason gb_letter_reasons[];
extern const size_t gb_letter_reasons_count;

/* The row of `code`; of a SQLSTATE that of its class; of a code that is none of ours one that says
 * so. Static storage. */
const struct gb_letter_reason *gb_letter_reason_of(const char *code);

#endif
