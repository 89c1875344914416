/* request.h: writes the requests. Each fits into LOAD_REQUEST_SIZE (checked). */
#ifndef GB_BENCH_LOAD_REQUEST_H
#define GB_BENCH_LOAD_REQUEST_H

#include "options.h"
#include "runtime/uuid.h"

/* A pay-in or a pay-out, by what makes it the same one again. */
struct load_payment {
    struct gb_uuid key;
    const char *account_id;
    int64_t amount;
};

void load_request_payment(struct load_connection *connection, const struct load_options *options,
                          const struct load_target *target, const struct load_payment *payment);
void load_request_balance(struct load_connection *connection, const struct load_options *options,
                          const struct load_target *target, const char *account_id);
/* Opens the account; the same again is answered as the first time. */
void load_request_open(struct load_connection *connection, const struct load_options *options,
                       const struct load_target *target, const char *account_id);

#endif
