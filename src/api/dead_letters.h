/* dead_letters.h: dead letters and the proposals about them, on their way through the API. In a
 * lane. */
#ifndef GB_API_DEAD_LETTERS_H
#define GB_API_DEAD_LETTERS_H

#include "api/api.h"
#include "api/json_text.h"

/* As in the columns dead_letter.state, proposal.kind and proposal.state. */
enum gb_letter_state { GB_LETTER_OPEN = 1, GB_LETTER_REPLAYED = 2, GB_LETTER_PARKED = 3 };
enum gb_proposal_kind { GB_PROPOSAL_REPLAY = 1, GB_PROPOSAL_PARK = 2, GB_PROPOSAL_UNPARK = 3 };
enum gb_proposal_state {
    GB_PROPOSAL_PROPOSED = 1,
    GB_PROPOSAL_RUNNING = 2,
    GB_PROPOSAL_STOPPED = 3,
    GB_PROPOSAL_DONE = 4,
    GB_PROPOSAL_REFUSED = 5,
    GB_PROPOSAL_EXPIRED = 6, /* shown, never stored */
};

/* Static storage; NULL for a number that is none. The _parse functions: 0 for a word that is none.
 */
const char *gb_letter_state_name(int state);
int gb_letter_state_parse(const char *name);
const char *gb_proposal_kind_name(int kind);
int gb_proposal_kind_parse(const char *name);
const char *gb_proposal_state_name(int state);
int gb_proposal_state_parse(const char *name);

#define GB_SELECTOR_IDS_MAX 1000

/* Which dead letters; NULL and 0 take any. Text is in the request's arena. */
struct gb_api_selector {
    int state;
    const int64_t *ids;
    size_t ids_count;
    const char *code, *topic, *account_id;
    int64_t failed_from_us, failed_to_us;
};

/* state, [ids], code, topic, account_id, failed from, failed to, as all statements take them. */
void gb_api_selector_params(struct gb_params *params, const struct gb_api_selector *selector,
                            bool with_ids);
/* Reads a time of the request. False: refused, 400 (`error` GB_API_QUERY_INVALID) or 422. */
bool gb_api_read_time(struct gb_api_request *request, enum gb_api_error error, const char *field,
                      const char *text, int64_t *ret_us);

/* The streams that replay, one for each datacenter that we know. */
void gb_api_replay_streams_param(struct gb_api_lane *lane, struct gb_params *params);

/* What is proposed; request->body. */
struct gb_api_proposal {
    enum gb_proposal_kind kind;
    struct gb_api_selector selector;
    const char *reason;
    int64_t rate_per_s;
    int window_from, window_to; /* minutes of the day, UTC; both negative: always */
    bool execute;
};

/* Writes a row of proposal_read, proposal_list or proposal_find. */
void gb_api_view_proposal(struct gb_json_text *text, const struct gb_rows *rows, size_t row);
/* Answers with the proposal as it is now. 404 when there is none. */
enum gb_result gb_api_answer_proposal(struct gb_api_lane *lane, struct gb_api_request *request,
                                      struct gb_uuid proposal_id, int status, bool replayed,
                                      struct gb_err *err) GB_MUST_USE;
/* Looks the proposal up: ret->rows has its row, or none (the caller releases). */
enum gb_result gb_api_find_proposal(struct gb_api_lane *lane, struct gb_uuid proposal_id,
                                    struct gb_call *ret, struct gb_err *err) GB_MUST_USE;

enum gb_proposal_column {
    GB_PROPOSAL_ID,
    GB_PROPOSAL_KIND,
    GB_PROPOSAL_STATE,
    GB_PROPOSAL_FROM_STATE,
    GB_PROPOSAL_IDS,
    GB_PROPOSAL_CODE,
    GB_PROPOSAL_TOPIC,
    GB_PROPOSAL_ACCOUNT_ID,
    GB_PROPOSAL_FAILED_FROM,
    GB_PROPOSAL_FAILED_TO,
    GB_PROPOSAL_LETTERS,
    GB_PROPOSAL_MOVED,
    GB_PROPOSAL_RATE,
    GB_PROPOSAL_WINDOW_FROM,
    GB_PROPOSAL_WINDOW_TO,
    GB_PROPOSAL_FOUR_EYES,
    GB_PROPOSAL_REASON,
    GB_PROPOSAL_PROPOSED_AT,
    GB_PROPOSAL_EXPIRES_AT,
    GB_PROPOSAL_CLIENT_NO,
    GB_PROPOSAL_PROPOSED_BY,
    GB_PROPOSAL_DECIDED_BY,
    GB_PROPOSAL_DECIDED_AT,
    GB_PROPOSAL_DECISION_REASON,
    GB_PROPOSAL_CHANGED_BY,
    GB_PROPOSAL_CHANGED_AT,
    GB_PROPOSAL_ENDED_AT,
};

#endif
