/* views.h: the JSON of what the API shows. Each writes one object. */
#ifndef GB_API_VIEWS_H
#define GB_API_VIEWS_H

#include <jansson.h>

#include "api/api.h"
#include "api/json_text.h"

struct gb_api_operation {
    const char *key;
    const char *owner;
    int kind, state;
    const char *account_id;
    const char *payee_account_id; /* NULL: none */
    int64_t amount;
    const char *currency;
    const char *service_id;   /* of a charge; NULL: none */
    int64_t price_version;    /* the same; 0: none */
    const char *original_key; /* of a refund; NULL: none */
    int64_t refunded;         /* of what was paid, by all refunds; 0: nothing */
    struct gb_uuid hold_id;   /* of a hold, a capture, a void, at the owner's datacenter */
    int64_t expires_at_us;    /* of a hold; 0: is none */
    const char *reason;       /* NULL: none */
    int64_t created_at_us;
    int64_t decided_at_us;  /* 0: not decided */
    const char *decided_by; /* NULL: here */
    bool dry_run;           /* it would be so, and is not */
    struct gb_bytes more;   /* members, `"name":value,...`; size 0: none */
};
void gb_api_view_operation(struct gb_json_text *text, const struct gb_api_operation *operation);
/* The columns that operation_read, operation_list and relay_list end with, from decided_at on; text
 * lives as long as the rows. */
void gb_api_operation_take(struct gb_api_operation *operation, const struct gb_rows *rows,
                           size_t row, int decided_at);

struct gb_api_account_row {
    int64_t account_no;
    const char *account_id, *name, *currency;
    int status;
    int64_t version, created_at_us, updated_at_us;
};
void gb_api_view_account(struct gb_json_text *text, const struct gb_api_account_row *account);
/* From a row of account_read, account_list, account_open or account_change; text lives as long as
 * the rows. */
struct gb_api_account_row gb_api_account_of(const struct gb_rows *rows, size_t row);

/* Ends a list that began with `{"data":[`: `],"has_more":...,"next_cursor":...}`. The cursor is
 * there at the end, too: what is added later comes after it. Null for a list without anything. */
void gb_api_view_list_end(struct gb_json_text *text, bool more, const json_t *cursor);

/* Writes the one in that row; its id. */
typedef const char *gb_api_view_row(struct gb_json_text *text, const struct gb_rows *rows,
                                    size_t row);

/* Answers with a page of a list by id, or refuses its limit or cursor. `statement`: parameters the
 * id after which it goes on ("": from the first), and how many. */
enum gb_result gb_api_list_catalogue(struct gb_api_lane *lane, struct gb_api_request *request,
                                     const struct gb_statement *statement, gb_api_view_row *view,
                                     struct gb_err *err) GB_MUST_USE;

/* "/v1/accounts/" and the like, with `part` percent-encoded behind it; in the arena. */
const char *gb_api_location(const char *before, const char *part, struct gb_arena *arena);

#endif
