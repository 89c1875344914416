/* Posting: first every datacenter is asked whether it answers, then each account is opened and its
 * movements are posted, one after the other; many accounts at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/import_run.h"
#include "core/identity.h"
#include "runtime/clock.h"
#include "runtime/stop.h"

/* Whoever does not answer before anything is begun is not waited for as long as later. */
#define ASK_S 5
/* Refusals printed; more are counted. */
#define REFUSALS_MAX 10000

/* Every other request would be answered the same. */
static bool is_about_the_client(const struct gb_import_answer *answer)
{
    return answer->status == 401 || answer->status == 403;
}

static void ask_one(struct gb_import_lane *lane, size_t item)
{
    struct gb_import_run *run = lane->run;
    const struct gb_import_dc *dc = &run->plan->dcs[item];
    int64_t patience_s = run->plan->patience_s < ASK_S ? run->plan->patience_s : ASK_S;
    const struct gb_import_request request = {
        .method = "GET",
        .dc = dc,
        .path = "/v1/accounts?limit=1",
        .until_us = gb_clock_mono_us() + patience_s * 1000000,
    };
    struct gb_import_answer answer;
    switch (gb_import_call(lane, &request, &answer)) {
    case GB_IMPORT_ANSWERED:
    case GB_IMPORT_BROKEN_OFF:
        break;
    case GB_IMPORT_REFUSED:
        gb_import_end(run, GB_EXIT_FOUND, "nothing was posted: %s at %s: %s", dc->code, dc->api,
                      answer.why);
        break;
    case GB_IMPORT_AWAY:
        gb_import_end(run, GB_EXIT_UNREACHABLE, "nothing was posted: %s at %s: %s", dc->code,
                      dc->api, answer.why);
        break;
    }
}

static void show_nothing(struct gb_import_run *run, bool last)
{
    (void)run;
    (void)last;
}

void gb_import_ask_all(struct gb_import_run *run)
{
    gb_import_run_all(run, run->plan->dcs_count, ask_one, show_nothing);
}

/* Sends a request of the account behind `fate`. True: it is done. Otherwise the account goes no
 * further, and why was printed. */
static bool post(struct gb_import_lane *lane, const struct gb_import_request *request,
                 uint32_t line, enum gb_import_fate *fate, struct gb_import_answer *ret)
{
    struct gb_import_run *run = lane->run;
    switch (gb_import_call(lane, request, ret)) {
    case GB_IMPORT_ANSWERED:
        return true;
    case GB_IMPORT_BROKEN_OFF:
        break;
    case GB_IMPORT_AWAY:
        gb_import_end(
            run, GB_EXIT_UNREACHABLE, "%s gave no definite answer for %lld s (line %u, key %s): %s",
            request->dc->code, (long long)run->plan->patience_s, line, request->key, ret->why);
        break;
    case GB_IMPORT_REFUSED:
        if (strcmp(ret->code, "ACCOUNT_EXISTS") == 0)
            return true; /* taken as it is: its movements say whether it fits */
        if (is_about_the_client(ret)) {
            gb_import_end(run, GB_EXIT_FOUND, "%s refuses this client: %s", request->dc->code,
                          ret->why);
            break;
        }
        *fate = GB_IMPORT_STOPPED;
        if (atomic_fetch_add(&run->refused, 1) < REFUSALS_MAX)
            gb_import_say(run, "line %u: key %s: refused: %s", line, request->key, ret->why);
        break;
    }
    return false;
}

static char *dump(json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    GB_CHECK(text != NULL);
    json_decref(json);
    return text;
}

static bool open_account(struct gb_import_lane *lane, const char *account_id, uint32_t line,
                         enum gb_import_fate *fate)
{
    const struct gb_import_plan *plan = lane->run->plan;
    char key[sizeof("import-open:") + GB_ACCOUNT_ID_SIZE];
    snprintf(key, sizeof(key), "import-open:%s", account_id);
    char *body = dump(json_pack("{s:s, s:s, s:s}", "account_id", account_id, "name", account_id,
                                "currency", plan->currency));
    const struct gb_import_request request = {
        .method = "POST",
        .dc = &plan->catalogue,
        .path = "/v1/accounts",
        .key = key,
        .body = body,
        .until_us = gb_import_patience_until_us(lane->run),
    };
    struct gb_import_answer answer;
    bool done = post(lane, &request, line, fate, &answer);
    free(body);
    return done;
}

/* A debit may wait a day for money that is on its way from another datacenter, or for one that is
 * down: it is there, for the credits before it are booked. */
#define DEADLINE_MS 86400000

static char *body_of(const struct gb_import_plan *plan, const char *account_id,
                     const struct gb_import_movement *movement)
{
    json_t *body =
        json_pack("{s:s, s:{s:I, s:s}, s:s, s:{s:s}}", "account_id", account_id, "amount",
                  "minor_units", (json_int_t)movement->amount, "currency", plan->currency,
                  "reference", movement->reference, "metadata", "date", movement->date);
    if (movement->kind == GB_IMPORT_DEBIT)
        GB_CHECK(json_object_set_new(body, "deadline_ms", json_integer(DEADLINE_MS)) == 0);
    return dump(body);
}

/* With debits, each movement is in the books before the next one begins. */
static bool post_movement(struct gb_import_lane *lane, const char *account_id,
                          const struct gb_import_movement *movement, enum gb_import_fate *fate)
{
    struct gb_import_run *run = lane->run;
    const struct gb_import_plan *plan = run->plan;
    const struct gb_import_dc *dc =
        &plan->dcs[gb_import_choose(plan->seed, movement->reference, plan->dcs_count)];
    char key[GB_KEY_SIZE];
    snprintf(key, sizeof(key), "%s:%s%s", dc->code, plan->prefix, movement->reference);
    char *body = body_of(plan, account_id, movement);
    const struct gb_import_request request = {
        .method = "POST",
        .dc = dc,
        .path = gb_import_kinds[movement->kind].path,
        .key = key,
        .body = body,
        .settles = !plan->only_credit,
        .until_us = gb_import_patience_until_us(run),
    };
    struct gb_import_answer answer;
    bool done = post(lane, &request, movement->line, fate, &answer);
    free(body);
    if (done) {
        run->posted++;
        run->repeats += answer.repeat;
    }
    return done;
}

static void post_account(struct gb_import_lane *lane, size_t item)
{
    struct gb_import_run *run = lane->run;
    const struct gb_import_file *file = run->file;
    const struct gb_import_account *account = &file->accounts[run->order[item]];
    enum gb_import_fate *fate = &run->fates[item];
    char account_id[GB_ACCOUNT_ID_SIZE];
    snprintf(account_id, sizeof(account_id), "%s%s", run->plan->prefix, account->name);
    if (!open_account(lane, account_id, file->movements[account->first].line, fate))
        return;
    for (uint32_t number = account->first; number != GB_IMPORT_NONE;
         number = file->movements[number].next)
        if (run->ended || gb_stop_asked() ||
            !post_movement(lane, account_id, &file->movements[number], fate))
            return;
    *fate = GB_IMPORT_POSTED;
}

void gb_import_post_all(struct gb_import_run *run)
{
    gb_import_run_all(run, run->order_count, post_account, gb_import_show_posting);
}
