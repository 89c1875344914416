/* judge_repeat.h: what to do with a pay-in that was not accepted, seeing what is stored under its
 * key and what is known of its account. */
#ifndef GB_API_JUDGE_REPEAT_H
#define GB_API_JUDGE_REPEAT_H

#include "api/api.h"

enum gb_api_verdict {
    GB_API_DONE,          /* answered, or given away */
    GB_API_STORE_REFUSAL, /* payin.reason says why; to be stored, then answered */
    GB_API_AGAIN,         /* nothing speaks against it: it was too early */
};

/* `rows` are those of operation_repeats or relay_repeats. A stored answer comes before any check of
 * the account. Intake's thread. */
enum gb_api_verdict gb_api_judge_repeat(struct gb_api_request *request, const struct gb_rows *rows,
                                        size_t row);

#endif
