#include "cli/output.h"

#include <ctype.h>
#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 100000
/* libsmartcols: no hint, so that the cells decide. */
#define WIDTH_BY_CONTENT 0

struct row {
    struct row *next;
    const char **cells;
};

struct gb_table {
    struct gb_cli *cli;
    const struct gb_column *columns;
    size_t columns_count;
    struct row *first, *last;
    size_t rows;
};

struct gb_table *gb_table_new(struct gb_cli *cli, const struct gb_column *columns,
                              size_t columns_count)
{
    struct gb_table *table = gb_arena_alloc(cli->arena, sizeof(*table));
    GB_CHECK(table != NULL);
    table->cli = cli;
    table->columns = columns;
    table->columns_count = columns_count;
    return table;
}

void gb_table_row(struct gb_table *table, const char *const *cells)
{
    struct gb_arena *arena = table->cli->arena;
    struct row *row = gb_arena_alloc(arena, sizeof(*row));
    GB_CHECK(row != NULL && table->rows < ROWS_MAX);
    row->cells = gb_arena_array(arena, table->columns_count, sizeof(*row->cells));
    GB_CHECK(row->cells != NULL);
    for (size_t i = 0; i < table->columns_count; i++)
        row->cells[i] = cells[i] ? gb_arena_strdup(arena, cells[i]) : NULL;
    if (table->last)
        table->last->next = row;
    else
        table->first = row;
    table->last = row;
    table->rows++;
}

size_t gb_table_rows(const struct gb_table *table)
{
    return table->rows;
}

static json_t *row_as_json(const struct gb_table *table, const struct row *row)
{
    json_t *object = json_object();
    for (size_t i = 0; i < table->columns_count; i++) {
        const struct gb_column *column = &table->columns[i];
        const char *cell = row->cells[i];
        json_t *value;
        if (!cell)
            value = json_null();
        else if (column->kind == GB_CELL_NUMBER)
            value = json_integer(strtoll(cell, NULL, 10));
        else
            value = json_string(cell);
        GB_CHECK(json_object_set_new(object, column->name, value) == 0);
    }
    return object;
}

static void print_json(json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(value);
}

static void heading(const char *name, char *ret, size_t size)
{
    snprintf(ret, size, "%s", name);
    for (char *c = ret; *c; c++)
        *c = (char)(*c == '_' ? ' ' : toupper((unsigned char)*c));
}

static void print_table(const struct gb_table *table)
{
    struct libscols_table *out = scols_new_table();
    GB_CHECK(out != NULL);
    for (size_t i = 0; i < table->columns_count; i++) {
        char name[64];
        heading(table->columns[i].name, name, sizeof(name));
        int flags = table->columns[i].kind == GB_CELL_NUMBER ? SCOLS_FL_RIGHT : 0;
        GB_CHECK(scols_table_new_column(out, name, WIDTH_BY_CONTENT, flags) != NULL);
    }
    for (const struct row *row = table->first; row; row = row->next) {
        struct libscols_line *line = scols_table_new_line(out, NULL);
        GB_CHECK(line != NULL);
        for (size_t i = 0; i < table->columns_count; i++)
            GB_CHECK(scols_line_set_data(line, i, row->cells[i] ? row->cells[i] : "-") == 0);
    }
    scols_print_table(out);
    scols_unref_table(out);
}

json_t *gb_table_as_json(const struct gb_table *table)
{
    json_t *array = json_array();
    for (const struct row *row = table->first; row; row = row->next)
        GB_CHECK(json_array_append_new(array, row_as_json(table, row)) == 0);
    return array;
}

void gb_table_print(struct gb_table *table, const char *title)
{
    if (table->cli->json) {
        print_json(gb_table_as_json(table));
        return;
    }
    if (title)
        printf("%s\n", title);
    print_table(table);
}

void gb_table_print_one(struct gb_table *table)
{
    GB_CHECK(table->rows == 1);
    if (table->cli->json) {
        print_json(row_as_json(table, table->first));
        return;
    }
    for (size_t i = 0; i < table->columns_count; i++)
        printf("%-16s %s\n", table->columns[i].name,
               table->first->cells[i] ? table->first->cells[i] : "-");
}

const char *gb_cell_int(struct gb_cli *cli, int64_t value)
{
    const char *cell = gb_arena_printf(cli->arena, "%" PRId64, value);
    GB_CHECK(cell != NULL);
    return cell;
}

const char *gb_cell_money(struct gb_cli *cli, int64_t minor_units, const char *currency)
{
    const char *cell = gb_arena_printf(cli->arena, "%" PRId64 " %s", minor_units, currency);
    GB_CHECK(cell != NULL);
    return cell;
}
