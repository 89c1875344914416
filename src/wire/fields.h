/* fields.h: lines of the field tables that several messages share, and the forms of their text.
 * Internal to wire. */
#ifndef GB_WIRE_FIELDS_H
#define GB_WIRE_FIELDS_H

#include "core/kinds.h"
#include "core/money.h"
#include "wire/codec.h"
#include "wire/messages.h"

/* 9999-12-31T23:59:59.999999Z: what RFC 3339 can show. */
#define GB_TIME_US_MAX INT64_C(253402300799999999)

bool gb_form_account_id(const char *text, size_t size);
bool gb_form_key(const char *text, size_t size);
bool gb_form_dc(const char *text, size_t size);
bool gb_form_words(const char *text, size_t size);        /* may be empty: a reference */
bool gb_form_account_name(const char *text, size_t size); /* 1..200 characters */
bool gb_form_client_name(const char *text, size_t size);  /* 1..100 characters */
bool gb_form_reason(const char *text, size_t size);       /* 1..48 of [A-Z0-9_] */
bool gb_form_metadata(const char *text, size_t size);     /* looks like a canonical JSON object */
bool gb_form_stream(const char *text, size_t size);       /* 1..15 of [a-z0-9] */
bool gb_form_topic(const char *text, size_t size);        /* 1..63 of [A-Za-z0-9._-] */

#define WIRE_TEXT(struct_, member, name_, bytes_max, form_)                                        \
    {                                                                                              \
        .name = (name_), .type = GB_FIELD_TEXT, .offset = offsetof(struct struct_, member),        \
        .size = (bytes_max), .form = (form_)                                                       \
    }
#define WIRE_OPTIONAL_TEXT(struct_, member, name_, bytes_max, form_)                               \
    {                                                                                              \
        .name = (name_), .type = GB_FIELD_TEXT, .offset = offsetof(struct struct_, member),        \
        .size = (bytes_max), .form = (form_), .optional = true                                     \
    }
#define WIRE_DC(struct_, member, name_)                                                            \
    {                                                                                              \
        .name = (name_), .type = GB_FIELD_DC, .offset = offsetof(struct struct_, member)           \
    }
#define WIRE_INT(struct_, member, name_, min_)                                                     \
    {                                                                                              \
        .name = (name_), .type = GB_FIELD_INT, .offset = offsetof(struct struct_, member),         \
        .min = (min_), .max = INT32_MAX                                                            \
    }
#define WIRE_LATER_INT(struct_, member, name_, min_)                                               \
    {                                                                                              \
        .name = (name_), .type = GB_FIELD_INT, .later = true,                                      \
        .offset = offsetof(struct struct_, member), .min = (min_), .max = INT32_MAX                \
    }
#define WIRE_LONG(struct_, member, name_, min_, max_)                                              \
    {                                                                                              \
        .name = (name_), .type = GB_FIELD_LONG, .offset = offsetof(struct struct_, member),        \
        .min = (min_), .max = (max_)                                                               \
    }
#define WIRE_TIME(struct_, member, name_) WIRE_LONG(struct_, member, name_, 0, GB_TIME_US_MAX)
#define WIRE_BOOL(struct_, member, name_)                                                          \
    {                                                                                              \
        .name = (name_), .type = GB_FIELD_BOOL, .offset = offsetof(struct struct_, member)         \
    }
#define WIRE_ENUM(struct_, member, name_, symbol_)                                                 \
    {                                                                                              \
        .name = (name_), .type = GB_FIELD_ENUM, .offset = offsetof(struct struct_, member),        \
        .symbol = (symbol_)                                                                        \
    }

/* The members of struct gb_message_account, in a message that has it as `account`. */
#define WIRE_ACCOUNT(struct_)                                                                      \
    WIRE_DC(struct_, account.dc, "dc"), WIRE_INT(struct_, account.incarnation, "incarnation", 1),  \
        WIRE_TEXT(struct_, account.account_id, "account_id", GB_ACCOUNT_ID_SIZE - 1,               \
                  gb_form_account_id),                                                             \
        WIRE_LONG(struct_, account.account_no, "account_no", 1, INT64_MAX),                        \
    {                                                                                              \
        .name = "currency", .type = GB_FIELD_CURRENCY,                                             \
        .offset = offsetof(struct struct_, account.currency)                                       \
    }

/* Defines gb_wire_<name>_encode and _decode. */
#define GB_CODEC_DOORS(name, kind, type)                                                           \
    enum gb_result gb_wire_##name##_encode(const struct type *message, struct gb_arena *arena,     \
                                           struct gb_bytes *ret_framed, struct gb_err *err)        \
    {                                                                                              \
        return gb_codec_encode((kind), message, arena, ret_framed, err);                           \
    }                                                                                              \
    enum gb_result gb_wire_##name##_decode(struct gb_bytes framed, struct gb_arena *arena,         \
                                           struct type *ret, struct gb_err *err)                   \
    {                                                                                              \
        return gb_codec_decode((kind), framed, arena, ret, err);                                   \
    }

#endif
