#include "catalog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char dump[] =
    "SELECT coalesce(string_agg(line, E'\\n' ORDER BY line COLLATE \"C\"), '') FROM ("
    " SELECT concat_ws(' ', 'relation', c.relkind, c.relname, c.relowner::regrole, c.reloptions, "
    "  obj_description(c.oid, 'pg_class'), CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) "
    "  END, (SELECT string_agg(a::text, ',' ORDER BY a::text) FROM unnest(c.relacl) a)) line"
    " FROM pg_class c WHERE relnamespace = 'public'::regnamespace"
    " UNION ALL SELECT concat_ws(' ', 'column', attrelid::regclass, attname, "
    "  format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid), "
    "  col_description(attrelid, attnum), (SELECT string_agg(a::text, ',' ORDER BY a::text) FROM "
    "  unnest(attacl) a))"
    " FROM pg_attribute JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = "
    " attrelid AND adnum = attnum WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND "
    " NOT attisdropped AND relkind <> 'i'"
    " UNION ALL SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, "
    "  pg_get_constraintdef(oid)) FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
    " UNION ALL SELECT concat_ws(' ', 'index', pg_get_indexdef(indexrelid)) FROM pg_index JOIN "
    " pg_class c ON c.oid = indrelid WHERE relnamespace = 'public'::regnamespace"
    " UNION ALL SELECT concat_ws(' ', 'function', oid::regprocedure, md5(pg_get_functiondef(oid)), "
    "  (SELECT string_agg(a::text, ',' ORDER BY a::text) FROM unnest(proacl) a))"
    " FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    " UNION ALL SELECT concat_ws(' ', 'trigger', pg_get_triggerdef(t.oid), tgenabled) FROM "
    " pg_trigger t JOIN pg_class c ON c.oid = tgrelid WHERE relnamespace = 'public'::regnamespace "
    " AND NOT tgisinternal"
    " UNION ALL SELECT concat_ws(' ', 'migration', number, name, encode(checksum, 'hex')) FROM "
    " schema_migration UNION ALL SELECT concat_ws(' ', 'datacenter', l) FROM local_datacenter l"
    ") lines";

char *gb_test_catalog(struct gb_pg *pg)
{
    struct gb_rows *rows = NULL;
    struct gb_err err = {.message = ""};
    if (gb_pg_query_text(pg, dump, &rows, &err) != GB_OK)
        fail_msg("%s: %s", err.code, err.message);
    char *text = strdup(gb_rows_text(rows, 0, 0));
    assert_non_null(text);
    assert_true(strlen(text) > 1000);
    gb_rows_free(rows);
    return text;
}

/* Lines of `one` that `other` has not. */
static int print_only(const char *which, const char *one, const char *other)
{
    int count = 0;
    for (const char *line = one; *line != '\0';) {
        size_t size = strcspn(line, "\n");
        char *copy = strndup(line, size);
        assert_non_null(copy);
        const char *found = strstr(other, copy);
        bool whole = found != NULL && (found == other || found[-1] == '\n') &&
                     (found[size] == '\n' || found[size] == '\0');
        if (!whole) {
            print_error("only in the %s: %s\n", which, copy);
            count++;
        }
        free(copy);
        line += size + (line[size] == '\n');
    }
    return count;
}

void gb_test_same_catalog(const char *one, const char *other)
{
    if (strcmp(one, other) != 0) {
        (void)print_only("first", one, other);
        (void)print_only("second", other, one);
        fail_msg("the schemas differ");
    }
}
