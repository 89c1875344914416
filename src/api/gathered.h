/* gathered.h: operations of one account from several datacenters, on their way into one list. In a
 * lane. */
#ifndef GB_API_GATHERED_H
#define GB_API_GATHERED_H

#include <jansson.h>

#include "api/api.h"

/* Where an operation stands in the list of its owner. */
struct gb_api_place {
    int64_t created_at_us;
    int32_t client_no;
    const char *key;
};

struct gb_api_gathered {
    struct gb_dc dc; /* whose list it is in */
    struct gb_api_place place;
    struct gb_bytes json; /* the operation */
    bool counts;          /* moves the cursor of `dc` */
};

/* What is wanted, and what came together. */
struct gb_api_gathering {
    struct gb_api_lane *lane;
    struct gb_api_request *request;
    const char *account_id;
    struct gb_api_account account;
    const char *state_name; /* NULL: any */
    int state;
    int32_t limit;
    json_t *cursor; /* per datacenter its last place: [created_at_us, client_no, key] */
    struct gb_api_gathered *found; /* (limit + 1) for each datacenter */
    size_t count;
    bool more; /* somebody has more than was asked for */
    struct gb_dc missing[GB_API_PEERS_MAX];
    size_t missing_count;
};

/* The own ones. */
enum gb_result gb_api_gather_own(struct gb_api_gathering *to, struct gb_err *err) GB_MUST_USE;
/* Those of another datacenter, asked there; when it does not answer, what was relayed to it stands
 * in. */
enum gb_result gb_api_gather_peer(struct gb_api_gathering *to, struct gb_dc dc,
                                  struct gb_err *err) GB_MUST_USE;

#endif
