/* Parameters in PostgreSQL's binary format, made once in the arena: libpq copies them straight into
 * its buffer. */
#include <endian.h>
#include <limits.h>
#include <string.h>

#include "db/oids.h"
#include "db/pg.h"

/* An array on the wire: dimensions, has-nulls, element type, length, lower bound; then per element
 * its length (-1 for null) and its bytes. All numbers are big-endian int32. */
#define ARRAY_HEADER_SIZE 20
#define ARRAY_BYTES_MAX (512 * 1024 * 1024)

void gb_params_init(struct gb_params *params, struct gb_arena *arena)
{
    params->arena = arena;
    params->count = 0;
}

static void append(struct gb_params *params, enum gb_oid type, const char *value, size_t size)
{
    GB_CHECK(params->count < GB_PARAMS_MAX);
    GB_CHECK(size <= INT_MAX);
    params->types[params->count] = type;
    params->values[params->count] = value;
    params->lengths[params->count] = (int)size;
    params->count++;
}

static char *allocate(struct gb_params *params, size_t size)
{
    char *memory = gb_arena_alloc(params->arena, size == 0 ? 1 : size);
    GB_CHECK(memory != NULL); /* the arena is sized for the biggest batch */
    return memory;
}

static void append_copy(struct gb_params *params, enum gb_oid type, const void *value, size_t size)
{
    char *copy = allocate(params, size);
    if (size > 0)
        memcpy(copy, value, size);
    append(params, type, copy, size);
}

static char *put_int2(char *at, int16_t value)
{
    uint16_t big = htobe16((uint16_t)value);
    memcpy(at, &big, sizeof big);
    return at + sizeof big;
}

static char *put_int4(char *at, int32_t value)
{
    uint32_t big = htobe32((uint32_t)value);
    memcpy(at, &big, sizeof big);
    return at + sizeof big;
}

static char *put_int8(char *at, int64_t value)
{
    uint64_t big = htobe64((uint64_t)value);
    memcpy(at, &big, sizeof big);
    return at + sizeof big;
}

static char *put_bytes(char *at, const void *data, size_t size)
{
    at = put_int4(at, (int32_t)size);
    if (size > 0)
        memcpy(at, data, size);
    return at + size;
}

void gb_params_null(struct gb_params *params)
{
    append(params, GB_OID_ANY, NULL, 0);
}

void gb_params_bool(struct gb_params *params, bool value)
{
    append_copy(params, GB_OID_BOOL, value ? "\1" : "\0", 1);
}

void gb_params_int2(struct gb_params *params, int16_t value)
{
    char *memory = allocate(params, sizeof value);
    put_int2(memory, value);
    append(params, GB_OID_INT2, memory, sizeof value);
}

void gb_params_int4(struct gb_params *params, int32_t value)
{
    char *memory = allocate(params, sizeof value);
    put_int4(memory, value);
    append(params, GB_OID_INT4, memory, sizeof value);
}

void gb_params_int8(struct gb_params *params, int64_t value)
{
    char *memory = allocate(params, sizeof value);
    put_int8(memory, value);
    append(params, GB_OID_INT8, memory, sizeof value);
}

void gb_params_text(struct gb_params *params, const char *value)
{
    if (value == NULL)
        append(params, GB_OID_TEXT, NULL, 0);
    else
        append_copy(params, GB_OID_TEXT, value, strlen(value));
}

void gb_params_bytea(struct gb_params *params, struct gb_bytes value)
{
    if (value.data == NULL)
        append(params, GB_OID_BYTEA, NULL, 0);
    else
        append_copy(params, GB_OID_BYTEA, value.data, value.size);
}

static bool uuid_is_null(const struct gb_uuid *value)
{
    static const struct gb_uuid zero;

    return value == NULL || memcmp(value, &zero, sizeof zero) == 0;
}

void gb_params_uuid(struct gb_params *params, const struct gb_uuid *value)
{
    if (uuid_is_null(value))
        append(params, GB_OID_UUID, NULL, 0);
    else
        append_copy(params, GB_OID_UUID, value->bytes, sizeof value->bytes);
}

/* Memory for an array of `n` elements whose bytes sum up to `bytes`, its header written. *ret_at:
 * where the first element goes. */
static char *array_open(struct gb_params *params, enum gb_oid element, size_t n, size_t bytes,
                        bool has_nulls, char **ret_at)
{
    GB_CHECK(n <= INT32_MAX / 4 && bytes <= ARRAY_BYTES_MAX);
    char *memory = allocate(params, ARRAY_HEADER_SIZE + 4 * n + bytes);
    char *at = put_int4(memory, n == 0 ? 0 : 1);
    at = put_int4(at, has_nulls ? 1 : 0);
    at = put_int4(at, (int32_t)element);
    if (n > 0) {
        at = put_int4(at, (int32_t)n);
        at = put_int4(at, 1);
    }
    *ret_at = at;
    return memory;
}

static void array_close(struct gb_params *params, enum gb_oid type, const char *memory,
                        const char *end)
{
    append(params, type, memory, (size_t)(end - memory));
}

static bool any_null(const bool *nulls, size_t n)
{
    for (size_t i = 0; nulls != NULL && i < n; i++)
        if (nulls[i])
            return true;
    return false;
}

void gb_params_bool_array(struct gb_params *params, const bool *values, size_t n)
{
    char *at;
    char *memory = array_open(params, GB_OID_BOOL, n, n, false, &at);
    for (size_t i = 0; i < n; i++) {
        at = put_int4(at, 1);
        *at++ = values[i] ? 1 : 0;
    }
    array_close(params, GB_OID_BOOL_ARRAY, memory, at);
}

void gb_params_int2_array(struct gb_params *params, const int16_t *values, const bool *nulls,
                          size_t n)
{
    char *at;
    char *memory = array_open(params, GB_OID_INT2, n, n * 2, any_null(nulls, n), &at);
    for (size_t i = 0; i < n; i++) {
        bool null = nulls != NULL && nulls[i];
        at = put_int4(at, null ? -1 : 2);
        if (!null)
            at = put_int2(at, values[i]);
    }
    array_close(params, GB_OID_INT2_ARRAY, memory, at);
}

void gb_params_int4_array(struct gb_params *params, const int32_t *values, const bool *nulls,
                          size_t n)
{
    char *at;
    char *memory = array_open(params, GB_OID_INT4, n, n * 4, any_null(nulls, n), &at);
    for (size_t i = 0; i < n; i++) {
        bool null = nulls != NULL && nulls[i];
        at = put_int4(at, null ? -1 : 4);
        if (!null)
            at = put_int4(at, values[i]);
    }
    array_close(params, GB_OID_INT4_ARRAY, memory, at);
}

void gb_params_int8_array(struct gb_params *params, const int64_t *values, const bool *nulls,
                          size_t n)
{
    char *at;
    char *memory = array_open(params, GB_OID_INT8, n, n * 8, any_null(nulls, n), &at);
    for (size_t i = 0; i < n; i++) {
        bool null = nulls != NULL && nulls[i];
        at = put_int4(at, null ? -1 : 8);
        if (!null)
            at = put_int8(at, values[i]);
    }
    array_close(params, GB_OID_INT8_ARRAY, memory, at);
}

void gb_params_text_array(struct gb_params *params, const char *const *values, size_t n)
{
    size_t bytes = 0;
    bool has_nulls = false;
    for (size_t i = 0; i < n; i++) {
        if (values[i] == NULL)
            has_nulls = true;
        else
            bytes += strlen(values[i]);
    }
    char *at;
    char *memory = array_open(params, GB_OID_TEXT, n, bytes, has_nulls, &at);
    for (size_t i = 0; i < n; i++) {
        if (values[i] == NULL)
            at = put_int4(at, -1);
        else
            at = put_bytes(at, values[i], strlen(values[i]));
    }
    array_close(params, GB_OID_TEXT_ARRAY, memory, at);
}

void gb_params_bytea_array(struct gb_params *params, const struct gb_bytes *values, size_t n)
{
    size_t bytes = 0;
    bool has_nulls = false;
    for (size_t i = 0; i < n; i++) {
        has_nulls = has_nulls || values[i].data == NULL;
        bytes += values[i].data == NULL ? 0 : values[i].size;
    }
    char *at;
    char *memory = array_open(params, GB_OID_BYTEA, n, bytes, has_nulls, &at);
    for (size_t i = 0; i < n; i++) {
        if (values[i].data == NULL)
            at = put_int4(at, -1);
        else
            at = put_bytes(at, values[i].data, values[i].size);
    }
    array_close(params, GB_OID_BYTEA_ARRAY, memory, at);
}

void gb_params_uuid_array(struct gb_params *params, const struct gb_uuid *values, size_t n)
{
    bool has_nulls = false;
    for (size_t i = 0; i < n && !has_nulls; i++)
        has_nulls = uuid_is_null(&values[i]);
    char *at;
    char *memory = array_open(params, GB_OID_UUID, n, n * sizeof values[0].bytes, has_nulls, &at);
    for (size_t i = 0; i < n; i++) {
        if (uuid_is_null(&values[i]))
            at = put_int4(at, -1);
        else
            at = put_bytes(at, values[i].bytes, sizeof values[i].bytes);
    }
    array_close(params, GB_OID_UUID_ARRAY, memory, at);
}
