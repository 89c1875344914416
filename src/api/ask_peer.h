/* ask_peer.h: calls of another datacenter's API on behalf of the caller: with the caller's own
 * token, key and trace. In a lane. */
#ifndef GB_API_ASK_PEER_H
#define GB_API_ASK_PEER_H

#include "api/api.h"

struct gb_api_question {
    struct gb_dc dc;
    const char *method;
    const char *path;     /* with its query */
    struct gb_bytes body; /* data NULL: none */
};

/* One call; the answer is in the lane's arena. Failures as gb_http_call's; GB_POISON for a
 * datacenter that is not configured. */
enum gb_result gb_api_ask(struct gb_api_lane *lane, struct gb_api_request *request,
                          const struct gb_api_question *question, struct gb_http_answer *ret,
                          struct gb_err *err) GB_MUST_USE;

/* Lets the catalogue's API do the request and answers with its answer, or with 503
 * CATALOGUE_UNREACHABLE. */
void gb_api_pass_on(struct gb_api_lane *lane, struct gb_api_request *request, const char *path);

/* What an account is known by: here, else as the catalogue's API says. False: answered 404 or 503,
 * or *ret_result is a failure of the database and nothing was answered. */
bool gb_api_find_account(struct gb_api_lane *lane, struct gb_api_request *request,
                         const char *account_id, struct gb_api_account *ret,
                         enum gb_result *ret_result, struct gb_err *err);
/* What the catalogue's API says of an account, or said a moment ago; answers nothing. *ret only
 * when it is LEARNT; NOTHING: it cannot be asked, and *err says why. */
enum gb_api_learnt { GB_API_LEARNT, GB_API_LEARNT_NONE, GB_API_LEARNT_NOTHING };
enum gb_api_learnt gb_api_ask_catalogue(struct gb_api_lane *lane, struct gb_api_request *request,
                                        const char *account_id, struct gb_api_account *ret,
                                        struct gb_err *err);
/* The same without looking here first; `field` names it where there is none. False: answered. */
bool gb_api_ask_account(struct gb_api_lane *lane, struct gb_api_request *request, const char *field,
                        const char *account_id, struct gb_api_account *ret);

#endif
