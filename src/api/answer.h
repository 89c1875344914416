/* answer.h: how a request is answered: header fields, log, metrics. Each of these gives the request
 * away. Any thread. */
#ifndef GB_API_ANSWER_H
#define GB_API_ANSWER_H

#include "api/api.h"

struct gb_api_answer {
    int status;
    struct gb_bytes
        body; /* JSON, or of content_type; data NULL: did not fit, which is answered 500 */
    const char *content_type; /* NULL: application/json */
    const char *location;     /* NULL: none */
    bool replayed;
};

void gb_api_answer(struct gb_api_request *request, const struct gb_api_answer *answer);
void gb_api_answer_ok(struct gb_api_request *request, struct gb_bytes json); /* 200 */

/* A problem, logged. `field` may be NULL; so may `detail`: then it is what the error table advises.
 * Both live at least until this returns. */
void gb_api_refuse(struct gb_api_request *request, enum gb_api_error error, const char *field,
                   const char *detail);
/* A refusal that is stored: `detail` and `facts` (JSON, NULL: none) are made of what is stored, so
 * that a repeat gets the very same. */
struct gb_api_refusal {
    enum gb_api_error error;
    const char *field, *detail, *facts;
    bool replayed;
};
void gb_api_refuse_stored(struct gb_api_request *request, const struct gb_api_refusal *refusal);
/* 405 with the methods that are allowed. */
void gb_api_refuse_method(struct gb_api_request *request, const char *allow);

/* Metrics of all routes; once at start. */
void gb_api_answer_init(void);

#endif
