/* import_line.h: one line of a CSV file (RFC 4180) into its fields. Any thread. */
#ifndef GB_CLI_IMPORT_LINE_H
#define GB_CLI_IMPORT_LINE_H

#include <stddef.h>

/* Splits the `size` bytes of `line`, its end of line not among them, where it stands: fields are
 * unquoted in place and zero-terminated, the last one at line[size], which must be writable. The
 * first `fields_max` fields go to `fields` (pointers into the line); *ret_count is how many there
 * are in all. A quoted field may hold commas and doubled quotes, and ends on its line. NULL, or
 * what is wrong (static text); the line is of no use then. */
const char *gb_import_split(char *line, size_t size, char **fields, size_t fields_max,
                            size_t *ret_count);

#endif
