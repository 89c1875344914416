#include <string.h>

#include "api/cursor.h"
#include "api/hold_id.h"
#include "api/views.h"

/* A hold has its id once it is HELD. */
static const char *hold_of(const struct gb_api_operation *operation, struct gb_arena *arena)
{
    struct gb_dc dc;
    bool has_one = operation->kind == GB_OPERATION_CAPTURE ||
                   operation->kind == GB_OPERATION_VOID || operation->state == GB_STATE_HELD;
    static const struct gb_uuid none;
    if (!has_one || memcmp(&operation->hold_id, &none, sizeof(none)) == 0 ||
        !gb_dc_parse(operation->owner, &dc))
        return NULL;
    return gb_api_hold_id_format(dc, operation->hold_id, arena);
}

void gb_api_view_operation(struct gb_json_text *text, const struct gb_api_operation *operation)
{
    gb_json_raw(text, "{");
    gb_json_member_text(text, "key", operation->key);
    gb_json_member_text(text, "owner", operation->owner);
    gb_json_member_text(text, "kind", gb_operation_kind_name(operation->kind));
    gb_json_member_text(text, "state", gb_operation_state_name(operation->state));
    gb_json_member_text(text, "account_id", operation->account_id);
    gb_json_member_text(text, "payee_account_id", operation->payee_account_id);
    gb_json_member_money(text, "amount", operation->amount, operation->currency);
    gb_json_member_text(text, "service_id", operation->service_id);
    if (operation->price_version != 0)
        gb_json_member_int(text, "price_version", operation->price_version);
    gb_json_member_text(text, "original_key", operation->original_key);
    if (operation->refunded != 0)
        gb_json_member_money(text, "refunded", operation->refunded, operation->currency);
    gb_json_member_text(text, "hold_id", hold_of(operation, text->arena));
    gb_json_member_time(text, "expires_at", operation->expires_at_us);
    gb_json_member_text(text, "reason", operation->reason);
    gb_json_member_time(text, "created_at", operation->created_at_us);
    gb_json_member_time(text, "decided_at", operation->decided_at_us);
    gb_json_member_text(text, "decided_by", operation->decided_by);
    if (operation->dry_run)
        gb_json_raw(text, ",\"dry_run\":true");
    gb_json_raw(text, operation->more.size > 0 ? "," : "");
    gb_json_raw_bytes(text, operation->more);
    gb_json_raw(text, "}");
}

static int64_t number(const struct gb_rows *rows, size_t row, int column)
{
    return gb_rows_null(rows, row, column) ? 0 : gb_rows_int(rows, row, column);
}

void gb_api_operation_take(struct gb_api_operation *operation, const struct gb_rows *rows,
                           size_t row, int decided_at)
{
    enum {
        PAYEE_ACCOUNT_ID = 1,
        HOLD_ID,
        EXPIRES_AT,
        SERVICE,
        PRICE_VERSION,
        ORIGINAL_KEY,
        REFUNDED
    };
    operation->decided_at_us = number(rows, row, decided_at);
    operation->payee_account_id = gb_rows_text(rows, row, decided_at + PAYEE_ACCOUNT_ID);
    operation->hold_id = gb_rows_uuid(rows, row, decided_at + HOLD_ID);
    operation->expires_at_us = number(rows, row, decided_at + EXPIRES_AT);
    operation->service_id = gb_rows_text(rows, row, decided_at + SERVICE);
    operation->price_version = number(rows, row, decided_at + PRICE_VERSION);
    operation->original_key = gb_rows_text(rows, row, decided_at + ORIGINAL_KEY);
    operation->refunded = number(rows, row, decided_at + REFUNDED);
}

void gb_api_view_account(struct gb_json_text *text, const struct gb_api_account_row *account)
{
    gb_json_raw(text, "{");
    gb_json_member_text(text, "account_id", account->account_id);
    gb_json_member_int(text, "account_no", account->account_no);
    gb_json_member_text(text, "name", account->name);
    gb_json_member_text(text, "currency", account->currency);
    gb_json_member_text(text, "status", gb_account_status_name(account->status));
    gb_json_member_int(text, "version", account->version);
    gb_json_member_time(text, "created_at", account->created_at_us);
    gb_json_member_time(text, "updated_at", account->updated_at_us);
    gb_json_raw(text, "}");
}

struct gb_api_account_row gb_api_account_of(const struct gb_rows *rows, size_t row)
{
    return (struct gb_api_account_row){
        .account_no = gb_rows_int(rows, row, 0),
        .account_id = gb_rows_text(rows, row, 1),
        .name = gb_rows_text(rows, row, 2),
        .currency = gb_rows_text(rows, row, 3),
        .status = (int)gb_rows_int(rows, row, 4),
        .version = gb_rows_int(rows, row, 5),
        .created_at_us = gb_rows_int(rows, row, 6),
        .updated_at_us = gb_rows_int(rows, row, 7),
    };
}

void gb_api_view_list_end(struct gb_json_text *text, bool more, const json_t *cursor)
{
    gb_json_raw(text, more ? "],\"has_more\":true" : "],\"has_more\":false");
    if (json_object_size(cursor) == 0) { /* a list that was empty from the start */
        gb_json_raw(text, ",\"next_cursor\":null}");
        return;
    }
    gb_json_member_text(text, "next_cursor", gb_api_cursor_encode(cursor, text->arena));
    gb_json_raw(text, "}");
}

const char *gb_api_location(const char *before, const char *part, struct gb_arena *arena)
{
    static const char hex[] = "0123456789ABCDEF";
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:";
    size_t head = strlen(before);
    char *location = gb_arena_alloc(arena, head + 3 * strlen(part) + 1);
    if (location == NULL)
        return NULL;
    memcpy(location, before, head);
    char *to = location + head;
    for (const unsigned char *at = (const unsigned char *)part; *at != '\0'; at++) {
        if (strchr(plain, *at) != NULL) {
            *to++ = (char)*at;
        } else {
            *to++ = '%';
            *to++ = hex[*at >> 4];
            *to++ = hex[*at & 15];
        }
    }
    *to = '\0';
    return location;
}
