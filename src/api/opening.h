/* opening.h: what POST /v1/accounts asks for. Text is in the request's arena. */
#ifndef GB_API_OPENING_H
#define GB_API_OPENING_H

#include <stdbool.h>
#include <stdint.h>

struct gb_api_opening {
    const char *account_id; /* NULL: left to us */
    const char *name;
    const char *currency;
    int64_t balance; /* minor units */
    bool even;       /* policy: split over all datacenters, or all of it at the client's home */
};

#endif
