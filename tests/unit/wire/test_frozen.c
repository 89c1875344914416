/* What others keep in their topics for ever must not change: the numbers and the texts of schemas.
 * A new version is a new line here, in schemas/ids.json and a file of its own; no line ever
 * changes. */
#include "unit/wire/cm.h"

#include <string.h>

#include "runtime/digest.h"
#include "runtime/uuid.h"
#include "wire/schema.h"

static const struct {
    const char *type;
    int32_t version, id;
    const char *sha256;
} FROZEN[] = {
    {"geobill.payin.v1", 1, 101,
     "0a368a805d1a908f94324eaa073913f2850c30cb5310032a64b331173da321c8"},
    {"geobill.ledger_entry.v1", 1, 102,
     "aa356da1dc34aa5e914966fa49e26bf341bc323e4febc75329183d35fea40b2c"},
    {"geobill.account.v1", 1, 103,
     "c8e53e6571cc373ee1484f6bd06f550f5145d884df70c8cf11c64b0480243209"},
    {"geobill.client.v1", 1, 104,
     "f54804220545505aa0ee9d21a532449957ab64933c3f7fbacb7f4cbc65bdafd1"},
    {"geobill.result.v1", 1, 105,
     "41861b244d73d6115fcce4b24486580d40ddb21ca4f720d25582b74edee282d7"},
    {"geobill.status.v1", 1, 106,
     "e89bd5bf64b188c8b6d47e7baabad17e859007d42a8c07f5e9f1dd073faaf103"},
    {"geobill.ask.v1", 1, 107, "76b1b5ae7f9450e3baf5c0ad01c76e59c8701fcc8f115e8a1a9c785b5d3f7f8c"},
    {"geobill.reply.v1", 1, 108,
     "d648d41e563169fc6507ba915d9d0b8d5a5fb15bbb3c84704aef1e11b40ff00c"},
    {"geobill.ledger_entry.v1", 2, 109,
     "63615feaeca61a030c8848561266cfc8c42063739a8c7b20ceb5486c01a3230c"},
    {"geobill.service.v1", 1, 110,
     "123bff50c1161c494aff644765ab27f2100c5a2469434ae70ca1321a6b331164"},
    {"geobill.refund.v1", 1, 111,
     "7cc0887e5d84eedfdbcfbdccc220a8b34821c88efae02b26b59275cb43f99ef7"},
    {"geobill.status.v1", 2, 112,
     "d9405e6ed3fc7957aa1a0776298c449ee1ee8348db1bb1bbeae35c002aab00ff"},
};
enum { FROZEN_COUNT = sizeof(FROZEN) / sizeof(FROZEN[0]) };

static void every_schema_is_frozen(void **state)
{
    (void)state;
    size_t count;
    const struct gb_schema *schemas = gb_schemas(&count);
    assert_int_equal(count, FROZEN_COUNT);
    for (size_t i = 0; i < FROZEN_COUNT; i++) {
        assert_string_equal(schemas[i].type, FROZEN[i].type);
        assert_int_equal(schemas[i].version, FROZEN[i].version);
        assert_int_equal(schemas[i].id, FROZEN[i].id);
        assert_string_equal(schemas[i].sha256, FROZEN[i].sha256);
    }
}

/* What is compiled in is the file that was frozen. */
static void texts_have_their_digest(void **state)
{
    (void)state;
    for (size_t i = 0; i < FROZEN_COUNT; i++) {
        const struct gb_schema *schema = gb_schema_by_id(FROZEN[i].id);
        uint8_t digest[GB_DIGEST_SIZE];
        char hex[2 * GB_DIGEST_SIZE + 1];
        assert_non_null(schema);
        assert_int_equal(strlen(schema->text), schema->size);
        gb_sha256(schema->text, schema->size, digest);
        gb_hex_format(digest, sizeof(digest), hex);
        assert_string_equal(hex, FROZEN[i].sha256);
    }
}

static void other_ids_are_none(void **state)
{
    (void)state;
    assert_null(gb_schema_by_id(0));
    assert_null(gb_schema_by_id(100));
    assert_null(gb_schema_by_id(-1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_schema_is_frozen),
        cmocka_unit_test(texts_have_their_digest),
        cmocka_unit_test(other_ids_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
