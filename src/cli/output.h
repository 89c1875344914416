/* output.h: a table of text cells, printed for people (aligned columns) or for programs (JSON). One
 * thread. */
#ifndef GB_CLI_OUTPUT_H
#define GB_CLI_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "cli/cli.h"

enum gb_cell_kind {
    GB_CELL_TEXT,
    GB_CELL_NUMBER
}; /* numbers are right-aligned, and bare in JSON */

struct gb_column {
    const char *name; /* the JSON name; upper case in the heading of a table */
    enum gb_cell_kind kind;
};

struct gb_table;

/* `columns` must outlive the table. Rows are copied into the command's arena. */
struct gb_table *gb_table_new(struct gb_cli *cli, const struct gb_column *columns,
                              size_t columns_count);
/* Adds a row of columns_count cells; NULL is an empty cell (null in JSON). */
void gb_table_row(struct gb_table *table, const char *const *cells);
size_t gb_table_rows(const struct gb_table *table);
/* Prints to standard output: a JSON array of objects, or an aligned table with `title` above it
 * (NULL: none). */
void gb_table_print(struct gb_table *table, const char *title);
/* The rows as a JSON array of objects (the caller decrefs). */
json_t *gb_table_as_json(const struct gb_table *table);
/* Prints the only row: a JSON object, or one "name  value" line a column. */
void gb_table_print_one(struct gb_table *table);

/* A number as a cell. */
const char *gb_cell_int(struct gb_cli *cli, int64_t value);
/* Money in minor units with the currency's code behind: "12345 EUR". */
const char *gb_cell_money(struct gb_cli *cli, int64_t minor_units, const char *currency);

#endif
