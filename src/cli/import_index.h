/* import_index.h: numbers texts in the order in which they first come, and finds them again. One
 * thread. */
#ifndef GB_CLI_IMPORT_INDEX_H
#define GB_CLI_IMPORT_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gb_import_index;

/* Empty (heap; the caller frees; out of memory aborts, here and below). It holds 12 to 24 bytes a
 * text; the texts themselves stay the caller's and must outlive it. */
struct gb_import_index *gb_import_index_new(void);
void gb_import_index_free(struct gb_import_index *index); /* NULL is fine */

/* The number of `text`, 0 for the first. *ret_new: it was not there before. Fewer than 2^31. */
uint32_t gb_import_index_add(struct gb_import_index *index, const char *text, bool *ret_new);

#endif
