#include "api/link.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/stop.h"

enum { TRY_EVERY_US = 500000 };

void gb_api_link_init(struct gb_api_link *link, struct gb_api *api, const char *part)
{
    *link = (struct gb_api_link){.api = api, .part = part};
}

void gb_api_link_done(struct gb_api_link *link)
{
    gb_pg_close(link->pg);
    link->pg = NULL;
}

static enum gb_result connect_now(struct gb_api_link *link, struct gb_err *err)
{
    gb_pg_close(link->pg);
    link->pg = NULL;
    enum gb_result result = gb_api_connect(link->api, link->part, &link->pg, err);
    if (result == GB_OK) {
        link->generation++;
        atomic_store(&link->connected, true);
        gb_log(GB_LOG_INFO, "database connected", GB_F_TEXT("part", link->part));
    } else if (result == GB_FATAL) {
        gb_log(GB_LOG_ERROR, "database refuses us", GB_F_TEXT("part", link->part), GB_F_ERR(err));
        gb_stop_ask();
    }
    return result;
}

enum gb_result gb_api_link_ensure(struct gb_api_link *link, struct gb_err *err)
{
    if (link->pg != NULL && gb_pg_usable(link->pg))
        return GB_OK;
    if (atomic_exchange(&link->connected, false))
        gb_log(GB_LOG_WARNING, "database connection lost", GB_F_TEXT("part", link->part));
    int64_t now_us = gb_clock_mono_us();
    if (now_us < link->next_try_us)
        return gb_err_set(err, GB_RETRY, "DATABASE_UNAVAILABLE",
                          "no connection; tried a moment ago");
    enum gb_result result = connect_now(link, err);
    if (result != GB_OK)
        link->next_try_us = gb_clock_mono_us() + TRY_EVERY_US;
    return result;
}
