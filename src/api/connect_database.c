#include <string.h>

#include "api/api.h"
#include "db/sql.h"
#include "stream/connect.h"

enum { ARENA_BYTES = 64 * 1024 };

/* Whose database this is. */
static enum gb_result begin_session(struct gb_api *api, struct gb_pg *pg, struct gb_arena *arena,
                                    struct gb_err *err)
{
    struct gb_call call;
    gb_call_init(&call, &gb_sql_local_datacenter_get, arena);
    enum gb_result result = gb_pg_call(pg, &call, err);
    if (result != GB_OK)
        return result;
    const struct gb_rows *rows = call.rows;
    if (gb_rows_count(rows) == 0) {
        result =
            gb_err_set(err, GB_FATAL, "NOT_MIGRATED", "the database belongs to no datacenter yet");
    } else if (strcmp(gb_rows_text(rows, 0, 0), api->settings.dc.code) != 0 ||
               strcmp(gb_rows_text(rows, 0, 1), api->settings.catalogue.code) != 0) {
        result = gb_err_set(err, GB_FATAL, "OTHER_DATACENTER",
                            "the database belongs to %s with the catalogue at %s",
                            gb_rows_text(rows, 0, 0), gb_rows_text(rows, 0, 1));
    } else {
        atomic_store(&api->incarnation, (int32_t)gb_rows_int(rows, 0, 2));
        atomic_store(&api->epoch, (int32_t)gb_rows_int(rows, 0, 3));
    }
    gb_calls_release(&call, 1);
    return result;
}

enum gb_result gb_api_connect(struct gb_api *api, const char *part, struct gb_pg **ret,
                              struct gb_err *err)
{
    struct gb_pg *pg;
    enum gb_result result = gb_stream_connect(api->config, "api", part, &pg, err);
    if (result != GB_OK)
        return result;
    struct gb_arena *arena = gb_arena_new(ARENA_BYTES);
    result = begin_session(api, pg, arena, err);
    gb_arena_free(arena);
    if (result == GB_OK)
        *ret = pg;
    else
        gb_pg_close(pg);
    return result;
}
