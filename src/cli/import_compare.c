/* The end of an import: what every datacenter shows for every account, against the file. */
#include <stdio.h>

#include "cli/import_run.h"
#include "core/identity.h"
#include "runtime/clock.h"
#include "runtime/stop.h"

#define PAUSE_MS 100

/* The total that a balance shows. */
static int64_t total_of(const struct gb_import_answer *answer)
{
    json_t *balance = json_loadb(answer->body.data ? answer->body.data : "", answer->body.size,
                                 JSON_REJECT_DUPLICATES, NULL);
    const json_t *total = json_object_get(json_object_get(balance, "total"), "minor_units");
    int64_t shown = json_is_integer(total) ? json_integer_value(total) : GB_IMPORT_SILENT;
    json_decref(balance);
    return shown;
}

static int64_t look(struct gb_import_lane *lane, const struct gb_import_dc *dc, const char *path)
{
    const struct gb_import_request request = {
        .method = "GET", .dc = dc, .path = path, .until_us = lane->run->compare_until_us};
    struct gb_import_answer answer;
    switch (gb_import_call(lane, &request, &answer)) {
    case GB_IMPORT_ANSWERED:
        return total_of(&answer);
    case GB_IMPORT_REFUSED:
        return answer.status == 404 ? GB_IMPORT_UNKNOWN : GB_IMPORT_SILENT;
    case GB_IMPORT_AWAY:
    case GB_IMPORT_BROKEN_OFF:
        break;
    }
    return GB_IMPORT_SILENT;
}

/* An item is one account at one datacenter: looked at until it is right, or time is up. */
static void compare_one(struct gb_import_lane *lane, size_t item)
{
    struct gb_import_run *run = lane->run;
    const struct gb_import_plan *plan = run->plan;
    size_t place = item / plan->dcs_count;
    if (run->fates[place] != GB_IMPORT_POSTED)
        return;
    const struct gb_import_account *account = &run->file->accounts[run->order[place]];
    int64_t expected = gb_import_expected(account, plan->only_credit), shown;
    char path[64 + GB_ACCOUNT_ID_SIZE];
    snprintf(path, sizeof(path), "/v1/accounts/%s%s/balance", plan->prefix, account->name);
    do {
        shown = look(lane, &plan->dcs[item % plan->dcs_count], path);
    } while (shown != expected && gb_clock_mono_us() < run->compare_until_us &&
             !gb_stop_wait(PAUSE_MS));
    if (gb_stop_asked())
        return;
    run->shown[item] = shown;
    run->compared++;
}

void gb_import_compare_all(struct gb_import_run *run)
{
    run->compare_until_us = gb_clock_mono_us() + run->plan->wait_s * 1000000;
    gb_import_run_all(run, run->order_count * run->plan->dcs_count, compare_one,
                      gb_import_show_comparing);
}
