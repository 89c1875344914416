/* columns.h: pay-ins, and refunds for other datacenters, that share a round trip, as columns for
 * unnest. One thread. */
#ifndef GB_API_COLUMNS_H
#define GB_API_COLUMNS_H

#include "api/api.h"

/* Side by side, `n` each. Text is the requests' own. */
struct gb_api_columns {
    size_t n;
    int32_t *client_no;
    int64_t *account_no, *amount, *created_at_us, *span_id;
    struct gb_uuid *trace_id;
    int16_t *kind;
    bool *awaited;
    const char **key, **account_id, **currency, **reference, **metadata, **owner, **reason,
        **original_key;
};

/* Columns of `n` requests, in the arena. */
struct gb_api_columns gb_api_columns_of(struct gb_api_request *const *requests, size_t n,
                                        struct gb_arena *arena);

/* Each prepares `call` with the columns as its statement wants them. Identities: empty shares for
 * accounts that the catalogue has told us of (payin.known), where there are none yet. */
void gb_api_call_identities(struct gb_call *call, const struct gb_api_columns *columns,
                            struct gb_arena *arena);
void gb_api_call_accept(struct gb_call *call, const struct gb_api_columns *columns, int32_t epoch,
                        struct gb_arena *arena);
void gb_api_call_accept_learnt(struct gb_call *call, const struct gb_api_columns *columns,
                               int32_t epoch, struct gb_arena *arena);
void gb_api_call_refuse(struct gb_call *call, const struct gb_api_columns *columns, int32_t epoch,
                        struct gb_arena *arena);
void gb_api_call_refuse_relayed(struct gb_call *call, const struct gb_api_columns *columns,
                                struct gb_arena *arena);
/* operation_repeats or relay_repeats. */
void gb_api_call_repeats(struct gb_call *call, const struct gb_statement *statement,
                         const struct gb_api_columns *columns, struct gb_arena *arena);

/* Relay rows with their messages to the owners. All accounts are known (payin.known). GB_POISON
 * when a message cannot be written. */
enum gb_result gb_api_call_relay(struct gb_api *api, struct gb_call *call,
                                 struct gb_api_request *const *requests,
                                 const struct gb_api_columns *columns, struct gb_arena *arena,
                                 struct gb_err *err) GB_MUST_USE;

#endif
