/* Reading results. struct gb_rows is libpq's PGresult under another name, so that nobody outside
 * sees libpq. */
#include <endian.h>
#include <string.h>

#include <libpq-fe.h>

#include "db/oids.h"
#include "db/pg.h"

#define BINARY 1

static const PGresult *result_of(const struct gb_rows *rows)
{
    return (const PGresult *)rows;
}

void gb_rows_free(struct gb_rows *rows)
{
    PQclear((PGresult *)rows);
}

size_t gb_rows_count(const struct gb_rows *rows)
{
    return (size_t)PQntuples(result_of(rows));
}

static void check_cell(const struct gb_rows *rows, size_t row, int column)
{
    GB_CHECK(rows != NULL);
    GB_CHECK(row < gb_rows_count(rows));
    GB_CHECK(column >= 0 && column < PQnfields(result_of(rows)));
}

bool gb_rows_null(const struct gb_rows *rows, size_t row, int column)
{
    check_cell(rows, row, column);
    return PQgetisnull(result_of(rows), (int)row, column) == 1;
}

/* The bytes of a binary cell of one exact size that is not null. */
static const char *binary_cell(const struct gb_rows *rows, size_t row, int column, size_t size)
{
    const PGresult *result = result_of(rows);
    GB_CHECK(!gb_rows_null(rows, row, column));
    GB_CHECK(PQfformat(result, column) == BINARY);
    GB_CHECK((size_t)PQgetlength(result, (int)row, column) == size);
    return PQgetvalue(result, (int)row, column);
}

bool gb_rows_bool(const struct gb_rows *rows, size_t row, int column)
{
    check_cell(rows, row, column);
    GB_CHECK(PQftype(result_of(rows), column) == GB_OID_BOOL);
    return *binary_cell(rows, row, column, 1) != 0;
}

static int64_t get_int2(const char *at)
{
    uint16_t big;
    memcpy(&big, at, sizeof big);
    return (int16_t)be16toh(big);
}

static int64_t get_int4(const char *at)
{
    uint32_t big;
    memcpy(&big, at, sizeof big);
    return (int32_t)be32toh(big);
}

static int64_t get_int8(const char *at)
{
    uint64_t big;
    memcpy(&big, at, sizeof big);
    return (int64_t)be64toh(big);
}

int64_t gb_rows_int(const struct gb_rows *rows, size_t row, int column)
{
    check_cell(rows, row, column);
    Oid type = PQftype(result_of(rows), column);
    if (type == GB_OID_INT8 || type == GB_OID_XID8)
        return get_int8(binary_cell(rows, row, column, 8));
    if (type == GB_OID_INT4)
        return get_int4(binary_cell(rows, row, column, 4));
    GB_CHECK(type == GB_OID_INT2);
    return get_int2(binary_cell(rows, row, column, 2));
}

static bool is_text(Oid type)
{
    return type == GB_OID_TEXT || type == GB_OID_VARCHAR || type == GB_OID_NAME;
}

const char *gb_rows_text(const struct gb_rows *rows, size_t row, int column)
{
    const PGresult *result = result_of(rows);
    if (gb_rows_null(rows, row, column))
        return NULL;
    GB_CHECK(PQfformat(result, column) != BINARY || is_text(PQftype(result, column)));
    return PQgetvalue(result, (int)row, column);
}

struct gb_bytes gb_rows_bytes(const struct gb_rows *rows, size_t row, int column)
{
    const PGresult *result = result_of(rows);
    if (gb_rows_null(rows, row, column))
        return (struct gb_bytes){NULL, 0};
    GB_CHECK(PQfformat(result, column) == BINARY);
    GB_CHECK(PQftype(result, column) == GB_OID_BYTEA || is_text(PQftype(result, column)));
    return (struct gb_bytes){PQgetvalue(result, (int)row, column),
                             (size_t)PQgetlength(result, (int)row, column)};
}

struct gb_uuid gb_rows_uuid(const struct gb_rows *rows, size_t row, int column)
{
    struct gb_uuid uuid = {{0}};
    if (gb_rows_null(rows, row, column))
        return uuid;
    GB_CHECK(PQftype(result_of(rows), column) == GB_OID_UUID);
    memcpy(uuid.bytes, binary_cell(rows, row, column, sizeof uuid.bytes), sizeof uuid.bytes);
    return uuid;
}

int gb_rows_columns(const struct gb_rows *rows)
{
    return PQnfields(result_of(rows));
}

const char *gb_rows_column_name(const struct gb_rows *rows, int column)
{
    GB_CHECK(column >= 0 && column < gb_rows_columns(rows));
    return PQfname(result_of(rows), column);
}
