/* text.h: what text may be let in. Pure. What the API takes must be within what is sent, or a
 * pay-in would be stored that no page can carry: whoever reads text from outside asks here. */
#ifndef GB_WIRE_TEXT_H
#define GB_WIRE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Is it UTF-8 (no overlong forms, no surrogates, at most U+10FFFF) without a byte below 0x20? JSON
 * text without line breaks is. */
bool gb_text_one_line(const char *text, size_t size);

/* The same, and without DEL: what people write as references and names. */
bool gb_text_valid(const char *text, size_t size);

/* Characters of text that is UTF-8. */
size_t gb_text_characters(const char *text, size_t size);

#endif
