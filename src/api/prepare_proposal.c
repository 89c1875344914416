/* The body of POST /v1/proposals. */
#include <string.h>

#include "api/answer.h"
#include "api/dead_letters.h"
#include "api/read_body.h"
#include "api/steps.h"
#include "wire/text.h"

enum { TEXT_MAX = 200, RATE_MAX = 1000000, MINUTES = 1440 };

struct members {
    json_t *kind, *execute, *reason, *rate, *window;
    json_t *ids, *state, *code, *topic, *account_id, *failed_from, *failed_to;
};

static bool refuse(struct gb_api_request *request, const char *field, const char *allowed)
{
    gb_api_refuse(request, GB_API_FIELD_INVALID, field, allowed);
    return false;
}

/* A text of 1 to 200 characters in the request's arena; NULL stays NULL. */
static bool read_text(struct gb_api_request *request, const char *field, json_t *json,
                      const char **ret)
{
    if (json == NULL)
        return true;
    const char *text = json_string_value(json);
    size_t size = strlen(text), characters = gb_text_characters(text, size);
    if (characters < 1 || characters > TEXT_MAX || !gb_text_valid(text, size))
        return refuse(request, field, "1 to 200 characters, without line breaks");
    *ret = gb_arena_strdup(request->arena, text);
    GB_CHECK(*ret != NULL);
    return true;
}

static bool read_ids(struct gb_api_request *request, json_t *ids, struct gb_api_selector *ret)
{
    size_t count = json_array_size(ids);
    if (ids == NULL)
        return true;
    int64_t *numbers = gb_arena_array(request->arena, count + 1, sizeof(*numbers));
    if (numbers == NULL || count < 1 || count > GB_SELECTOR_IDS_MAX)
        return refuse(request, "ids", "1 to 1000 numbers of dead letters");
    for (size_t i = 0; i < count; i++) {
        numbers[i] = json_integer_value(json_array_get(ids, i));
        if (numbers[i] < 1 || (i > 0 && numbers[i] <= numbers[i - 1]))
            return refuse(request, "ids", "numbers of dead letters, rising");
    }
    ret->ids = numbers;
    ret->ids_count = count;
    return true;
}

static bool read_selector(struct gb_api_request *request, const struct members *from,
                          enum gb_proposal_kind kind, struct gb_api_selector *ret)
{
    const enum gb_api_error wrong = GB_API_FIELD_INVALID;
    *ret = (struct gb_api_selector){.state = kind == GB_PROPOSAL_UNPARK ? GB_LETTER_PARKED
                                                                        : GB_LETTER_OPEN};
    if (from->state != NULL) {
        ret->state = gb_letter_state_parse(json_string_value(from->state));
        bool parked = ret->state == GB_LETTER_PARKED;
        if (ret->state == 0 || parked != (kind == GB_PROPOSAL_UNPARK))
            return refuse(request, "state", "OPEN or REPLAYED; PARKED of what is unparked");
    }
    return read_ids(request, from->ids, ret) &&
           read_text(request, "code", from->code, &ret->code) &&
           read_text(request, "topic", from->topic, &ret->topic) &&
           read_text(request, "account_id", from->account_id, &ret->account_id) &&
           gb_api_read_time(request, wrong, "failed_from", json_string_value(from->failed_from),
                            &ret->failed_from_us) &&
           gb_api_read_time(request, wrong, "failed_to", json_string_value(from->failed_to),
                            &ret->failed_to_us);
}

static bool read_minute(const char *text, int *ret)
{
    for (int i = 0; i < 5; i++)
        if (i == 2 ? text[i] != ':' : text[i] < '0' || text[i] > '9')
            return false;
    int hour = (text[0] - '0') * 10 + text[1] - '0', minute = (text[3] - '0') * 10 + text[4] - '0';
    *ret = hour * 60 + minute;
    return minute < 60 && *ret < MINUTES;
}

static bool read_window(struct gb_api_request *request, json_t *window, struct gb_api_proposal *ret)
{
    ret->window_from = ret->window_to = -1;
    if (window == NULL)
        return true;
    const char *text = json_string_value(window);
    if (strlen(text) != 11 || text[5] != '-' || !read_minute(text, &ret->window_from) ||
        !read_minute(text + 6, &ret->window_to) || ret->window_from == ret->window_to)
        return refuse(request, "window", "HH:MM-HH:MM, UTC; may go over midnight");
    return true;
}

static bool read_rate(struct gb_api_request *request, json_t *rate, struct gb_api_proposal *ret)
{
    ret->rate_per_s =
        rate == NULL ? request->api->settings.replay_rate_per_s : json_integer_value(rate);
    if (ret->rate_per_s < 1 || ret->rate_per_s > RATE_MAX)
        return refuse(request, "rate_per_s", "1 to 1000000");
    return true;
}

static bool read_kind(struct gb_api_request *request, const struct members *from,
                      struct gb_api_proposal *ret)
{
    int kind = gb_proposal_kind_parse(json_string_value(from->kind));
    if (kind == 0)
        return refuse(request, "kind", "REPLAY, PARK or UNPARK");
    ret->kind = (enum gb_proposal_kind)kind;
    if (ret->kind == GB_PROPOSAL_REPLAY)
        return true;
    if (from->rate != NULL)
        return refuse(request, "rate_per_s", "of a REPLAY only");
    return from->window == NULL || refuse(request, "window", "of a REPLAY only");
}

static bool read_proposal(struct gb_api_request *request, json_t *body, struct gb_api_proposal *ret)
{
    struct members from;
    const enum gb_api_error wrong = GB_API_FIELD_INVALID;
    const struct gb_api_member members[] = {
        {"kind", JSON_STRING, true, wrong, &from.kind},
        {"execute", JSON_TRUE, false, wrong, &from.execute},
        {"reason", JSON_STRING, false, wrong, &from.reason},
        {"rate_per_s", JSON_INTEGER, false, wrong, &from.rate},
        {"window", JSON_STRING, false, wrong, &from.window},
        {"ids", JSON_ARRAY, false, wrong, &from.ids},
        {"state", JSON_STRING, false, wrong, &from.state},
        {"code", JSON_STRING, false, wrong, &from.code},
        {"topic", JSON_STRING, false, wrong, &from.topic},
        {"account_id", JSON_STRING, false, wrong, &from.account_id},
        {"failed_from", JSON_STRING, false, wrong, &from.failed_from},
        {"failed_to", JSON_STRING, false, wrong, &from.failed_to},
    };
    if (json_is_false(json_object_get(body, "execute")))
        (void)json_object_del(body, "execute");
    if (!gb_api_read_members(request, body, "", members, sizeof(members) / sizeof(members[0])) ||
        !read_kind(request, &from, ret) || !read_rate(request, from.rate, ret) ||
        !read_window(request, from.window, ret) ||
        !read_text(request, "reason", from.reason, &ret->reason) ||
        !read_selector(request, &from, ret->kind, &ret->selector))
        return false;
    ret->execute = from.execute != NULL;
    if (!ret->execute || ret->reason != NULL)
        return true;
    gb_api_refuse(request, GB_API_FIELD_MISSING, "reason", "say why: it is kept");
    return false;
}

bool gb_api_prepare_proposal(struct gb_api_request *request)
{
    json_t *body;
    if (!gb_api_read_body(request, &body))
        return false;
    struct gb_api_proposal *proposal = gb_arena_alloc(request->arena, sizeof(*proposal));
    GB_CHECK(proposal != NULL);
    *proposal = (struct gb_api_proposal){.reason = NULL};
    bool good = read_proposal(request, body, proposal);
    json_decref(body);
    request->body = proposal;
    return good;
}
