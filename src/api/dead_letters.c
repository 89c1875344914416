#include "api/dead_letters.h"

#include <string.h>

#include "api/answer.h"
#include "runtime/clock.h"

static const char *const letter_states[] = {"OPEN", "REPLAYED", "PARKED"};
static const char *const proposal_kinds[] = {"REPLAY", "PARK", "UNPARK"};
static const char *const proposal_states[] = {"PROPOSED", "RUNNING", "STOPPED",
                                              "DONE",     "REFUSED", "EXPIRED"};

#define COUNT(words) ((int)(sizeof(words) / sizeof((words)[0])))

static const char *name_of(const char *const *words, int count, int number)
{
    return number >= 1 && number <= count ? words[number - 1] : NULL;
}

static int number_of(const char *const *words, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(words[i], name) == 0)
            return i + 1;
    return 0;
}

const char *gb_letter_state_name(int state)
{
    return name_of(letter_states, COUNT(letter_states), state);
}

int gb_letter_state_parse(const char *name)
{
    return number_of(letter_states, COUNT(letter_states), name);
}

const char *gb_proposal_kind_name(int kind)
{
    return name_of(proposal_kinds, COUNT(proposal_kinds), kind);
}

int gb_proposal_kind_parse(const char *name)
{
    return number_of(proposal_kinds, COUNT(proposal_kinds), name);
}

const char *gb_proposal_state_name(int state)
{
    return name_of(proposal_states, COUNT(proposal_states), state);
}

int gb_proposal_state_parse(const char *name)
{
    return number_of(proposal_states, COUNT(proposal_states), name);
}

static void time_param(struct gb_params *params, int64_t time_us)
{
    if (time_us == 0)
        gb_params_null(params);
    else
        gb_params_int8(params, time_us);
}

void gb_api_selector_params(struct gb_params *params, const struct gb_api_selector *selector,
                            bool with_ids)
{
    if (selector->state == 0)
        gb_params_null(params);
    else
        gb_params_int2(params, (int16_t)selector->state);
    if (with_ids && selector->ids_count == 0)
        gb_params_null(params);
    else if (with_ids)
        gb_params_int8_array(params, selector->ids, NULL, selector->ids_count);
    gb_params_text(params, selector->code);
    gb_params_text(params, selector->topic);
    gb_params_text(params, selector->account_id);
    time_param(params, selector->failed_from_us);
    time_param(params, selector->failed_to_us);
}

bool gb_api_read_time(struct gb_api_request *request, enum gb_api_error error, const char *field,
                      const char *text, int64_t *ret_us)
{
    if (text == NULL || (gb_clock_parse(text, ret_us) == GB_OK && *ret_us > 0))
        return true;
    gb_api_refuse(request, error, field, "a time in UTC, such as 2026-12-01T05:00:00Z");
    return false;
}

void gb_api_replay_streams_param(struct gb_api_lane *lane, struct gb_params *params)
{
    const struct gb_api_settings *settings = &lane->api->settings;
    const char *streams[GB_API_PEERS_MAX + 1];
    for (size_t i = 0; i <= settings->peers_count; i++) {
        struct gb_dc dc = i == 0 ? settings->dc : settings->peers[i - 1].dc;
        streams[i] = gb_arena_printf(lane->arena, "replay-%s", dc.code);
        GB_CHECK(streams[i] != NULL);
    }
    gb_params_text_array(params, streams, settings->peers_count + 1);
}
