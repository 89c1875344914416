/* text.h: what text may be let in: UTF-8, no zero byte, no control characters. Pure. */
#ifndef GB_WIRE_TEXT_H
#define GB_WIRE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Is it UTF-8 (no overlong forms, no surrogates, at most U+10FFFF) without control characters
 * (U+0000-1F, U+007F-9F)? */
bool gb_text_valid(const char *text, size_t size);

/* Characters of text that is UTF-8. */
size_t gb_text_characters(const char *text, size_t size);

#endif
