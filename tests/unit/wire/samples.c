#include "unit/wire/samples.h"

#include <string.h>

#define ACCOUNT(dc_)                                                                               \
    {                                                                                              \
        .dc = {dc_}, .incarnation = 2, .account_id = "acc-1", .account_no = {1099511627777},       \
        .currency = {                                                                              \
            "EUR"                                                                                  \
        }                                                                                          \
    }

const struct gb_message_payin SAMPLE_PAYIN = {
    .account = ACCOUNT("dc1"),
    .owner = {"dc2"},
    .client_no = {7},
    .key = "dc2:order 4711",
    .amount = 1000000000000000,
    .reference = "Rechnung f\xc3\xbcr M\xc3\xa4rz",
    .metadata = "{\"a\":1}",
    .accepted_at_us = 1795397935123456,
    .awaited = true,
};
static const struct gb_message_payin SMALL_PAYIN = {
    .account = {.dc = {"dc1"},
                .incarnation = 1,
                .account_id = "a",
                .account_no = {1},
                .currency = {"JPY"}},
    .owner = {"dc1"},
    .client_no = {1},
    .key = "k",
    .amount = 1,
};

const struct gb_message_ledger_entry SAMPLE_ENTRY = {
    .account = ACCOUNT("dc3"),
    .version = 42,
    .kind = GB_ENTRY_SHARE_OUT,
    .status = GB_STATUS_CLOSING,
    .amount = 250,
    .balance_after = 9007199254740991,
    .held_after = 64,
    .credits_total = 9007199254741991,
    .debits_total = 800,
    .out_total = 300,
    .in_total = 100,
    .account_version = 5,
    .created_at_us = 1795397935123456,
    .client_no = {7},
    .key = "order-4711",
    .reference = "",
    .peer = "dc2",
    .link_out_total = 250,
    .link_in_total = 100,
};
static const struct gb_message_ledger_entry SMALL_ENTRY = {
    .account = {.dc = {"dc1"},
                .incarnation = 1,
                .account_id = "a",
                .account_no = {1},
                .currency = {"JPY"}},
    .version = 1,
    .kind = GB_ENTRY_STATUS,
    .status = GB_STATUS_OPEN,
};

static const struct gb_message_ledger_entry OPENING_ENTRY = {
    .account = {.dc = {"dc1"},
                .incarnation = 1,
                .account_id = "a",
                .account_no = {1},
                .currency = {"JPY"}},
    .version = 1,
    .kind = GB_ENTRY_OPENING,
    .status = GB_STATUS_OPEN,
    .amount = 300,
    .balance_after = 300,
    .credits_total = 300,
    .client_no = {1},
    .key = "open:a",
};

const struct gb_message_catalogue_account SAMPLE_ACCOUNT = {
    .account = ACCOUNT("dc1"),
    .name = "M\xc3\xbcller & S\xc3\xb6hne \xe2\x82\xac",
    .status = GB_STATUS_BLOCKED,
    .version = 3,
    .created_at_us = 1795397935000000,
    .updated_at_us = 1795397936000000,
};

const struct gb_message_client SAMPLE_CLIENT = {
    .dc = {"dc1"},
    .incarnation = 2,
    .client_no = {2147483647},
    .name = "shop",
    .token_hash = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa,
                   0xbb, 0xcc, 0xdd, 0xee, 0xff, 1,    2,    3,    4,    5,    6,
                   7,    8,    9,    10,   11,   12,   13,   14,   15,   16},
    .role = GB_ROLE_OPERATE,
    .home = {"dc9999"},
    .revoked = true,
    .version = 9223372036854775807,
    .created_at_us = 0,
    .updated_at_us = 253402300799999999,
};

const struct gb_message_service SAMPLE_SERVICE = {
    .dc = {"dc1"},
    .incarnation = 2,
    .service_id = "sms.eu",
    .name = "SMS \xe2\x82\xac",
    .price = 1000000000000000,
    .currency = {"EUR"},
    .retired = true,
    .version = 3,
    .created_at_us = 1795397935000000,
    .updated_at_us = 1795397936000000,
};
static const struct gb_message_service SMALL_SERVICE = {
    .dc = {"dc1"},
    .incarnation = 1,
    .service_id = "s",
    .name = "n",
    .price = 1,
    .currency = {"JPY"},
    .version = 1,
};

const struct gb_message_refund SAMPLE_REFUND = {
    .account = ACCOUNT("dc1"),
    .owner = {"dc2"},
    .client_no = {7},
    .key = "dc2:back 4711",
    .original_key = "dc2:order 4711",
    .amount = 1000000000000000,
    .reference = "zur\xc3\xbc"
                 "ck",
    .metadata = "{\"a\":1}",
    .accepted_at_us = 1795397935123456,
};
static const struct gb_message_refund SMALL_REFUND = {
    .account = {.dc = {"dc1"},
                .incarnation = 1,
                .account_id = "a",
                .account_no = {1},
                .currency = {"JPY"}},
    .owner = {"dc2"},
    .client_no = {1},
    .key = "k",
    .original_key = "o",
    .amount = 1,
};

const struct gb_message_result SAMPLE_RESULT = {
    .account = ACCOUNT("dc2"),
    .client_no = {7},
    .key = "dc2:order 4711",
    .state = GB_STATE_REFUSED,
    .reason = "IDEMPOTENCY_MISMATCH",
    .decided_at_us = 1795397935123456,
};
static const struct gb_message_result BOOKED_RESULT = {
    .account = ACCOUNT("dc2"),
    .client_no = {7},
    .key = "order-4711",
    .state = GB_STATE_BOOKED,
    .decided_at_us = 1795397935123456,
};

static const struct gb_message_stream_page ACKS[] = {
    {"payin", "geobill.dc2.payin.v1", 0, 17, 250},
    {"dc1", "geobill.dc1.reserve-reply.v1", 3, 0, 0},
};
static const struct gb_message_stream_page HEADS[] = {
    {"ledger", "geobill.dc1.ledger.v1", 2147483647, 9223372036854775807, 0},
};
const struct gb_message_status SAMPLE_STATUS = {
    .dc = {"dc1"},
    .incarnation = 2,
    .sent_at_us = 1795397935123456,
    .acks = ACKS,
    .acks_count = 2,
    .heads = HEADS,
    .heads_count = 1,
};
static const struct gb_message_status SMALL_STATUS = {.dc = {"dc1"}, .incarnation = 1};

const struct gb_message_ask SAMPLE_ASK = {
    .account = ACCOUNT("dc1"),
    .peer = {"dc3"},
    .ask = {.ask_seq = 1795397935123457,
            .ask_target = 5000,
            .priority = {.clock_us = 1795397935123456, .dc = {"dc1"}},
            .round = 2,
            .asker_in_total = 1200,
            .ttl_us = 10000000,
            .clock_us = 1795397935123458},
};
/* Withdrawn before anything came. */
static const struct gb_message_ask SMALL_ASK = {
    .account = {.dc = {"dc1"},
                .incarnation = 1,
                .account_id = "a",
                .account_no = {1},
                .currency = {"JPY"}},
    .peer = {"dc2"},
    .ask = {.ask_seq = 1, .priority = {.dc = {"dc1"}}, .round = 1},
};

const struct gb_message_reply SAMPLE_REPLY = {
    .account = ACCOUNT("dc3"),
    .peer = "dc1",
    .reply = {.ask_seq = 1795397935123457,
              .round = 2,
              .share = {.balance = 700,
                        .held = 200,
                        .version = 42,
                        .credits_total = 9007199254741991,
                        .debits_total = 9007199254740991,
                        .out_total = 5000,
                        .in_total = 4700,
                        .status = GB_STATUS_BLOCKED,
                        .account_version = 5,
                        .updated_at_us = 1795397935123456},
              .link_out_total = 3800,
              .link_in_total = 100,
              .reserved = 64,
              .clock_us = 1795397935123458},
    .available = 500,
    .in_flight = 2600,
};
/* Of a share that has nothing, to nobody's ask. */
static const struct gb_message_reply SMALL_REPLY = {
    .account = {.dc = {"dc1"},
                .incarnation = 1,
                .account_id = "a",
                .account_no = {1},
                .currency = {"JPY"}},
    .peer = "dc2",
    .reply = {.share = {.status = GB_STATUS_OPEN}},
};

#define SHARED_JSON(dc_)                                                                           \
    "{\"dc\":\"" dc_ "\",\"incarnation\":2,\"account_id\":\"acc-1\","                              \
    "\"account_no\":1099511627777,\"currency\":\"EUR\","

const struct sample SAMPLES[] = {
    {"pay-in", GB_MESSAGE_PAYIN, &SAMPLE_PAYIN,
     "000000006506646331040a6163632d3182808080804006455552066463320e1c6463323a6f7264657220343731318"
     "080b4ccd4dfc6030226526563686e756e672066c3bc72204dc3a4727a020e7b2261223a317d80b0ba82f5b9b0060"
     "1",
     SHARED_JSON("dc1") "\"owner\":\"dc2\",\"client_no\":7,\"key\":\"dc2:order 4711\","
                        "\"amount\":1000000000000000,"
                        "\"reference\":\"Rechnung f\xc3\xbcr M\xc3\xa4rz\","
                        "\"metadata\":\"{\\\"a\\\":1}\",\"accepted_at_us\":1795397935123456,"
                        "\"awaited\":true}"},
    {"small pay-in", GB_MESSAGE_PAYIN, &SMALL_PAYIN,
     "00000000650664633102026102064a50590664633102026b0200000000",
     "{\"dc\":\"dc1\",\"incarnation\":1,\"account_id\":\"a\",\"account_no\":1,"
     "\"currency\":\"JPY\",\"owner\":\"dc1\",\"client_no\":1,\"key\":\"k\",\"amount\":1,"
     "\"reference\":null,\"metadata\":null,\"accepted_at_us\":0,\"awaited\":false}"},
    {"entry", GB_MESSAGE_LEDGER_ENTRY, &SAMPLE_ENTRY,
     "000000006d06646333040a6163632d3182808080804006455552540606f403feffffffffffff1f8001ce8f8080808"
     "08020c00cd804c8010a80b0ba82f5b9b006020e146f726465722d3437313102000206646332f403c801",
     SHARED_JSON("dc3") "\"version\":42,\"kind\":\"SHARE_OUT\",\"status\":\"CLOSING\","
                        "\"amount\":250,\"balance_after\":9007199254740991,\"held_after\":64,"
                        "\"credits_total\":9007199254741991,\"debits_total\":800,"
                        "\"out_total\":300,\"in_total\":100,\"account_version\":5,"
                        "\"created_at_us\":1795397935123456,"
                        "\"operation\":{\"client_no\":7,\"key\":\"order-4711\"},"
                        "\"reference\":\"\","
                        "\"link\":{\"peer\":\"dc2\",\"out_total\":250,\"in_total\":100}}"},
    {"small entry", GB_MESSAGE_LEDGER_ENTRY, &SMALL_ENTRY,
     "000000006d0664633102026102064a5059020a02000000000000000000000000",
     "{\"dc\":\"dc1\",\"incarnation\":1,\"account_id\":\"a\",\"account_no\":1,"
     "\"currency\":\"JPY\",\"version\":1,\"kind\":\"STATUS\",\"status\":\"OPEN\",\"amount\":0,"
     "\"balance_after\":0,\"held_after\":0,\"credits_total\":0,\"debits_total\":0,"
     "\"out_total\":0,\"in_total\":0,\"account_version\":0,\"created_at_us\":0,"
     "\"operation\":null,\"reference\":null,\"link\":null}"},
    {"account", GB_MESSAGE_ACCOUNT, &SAMPLE_ACCOUNT,
     "000000006706646331040a6163632d3182808080804006455552284dc3bc6c6c657220262053c3b6686e6520e282a"
     "c040680a7ab82f5b9b00680b0a583f5b9b006",
     SHARED_JSON("dc1") "\"name\":\"M\xc3\xbcller & S\xc3\xb6hne \xe2\x82\xac\","
                        "\"status\":\"BLOCKED\",\"version\":3,"
                        "\"created_at_us\":1795397935000000,\"updated_at_us\":1795397936000000}"},
    {"client", GB_MESSAGE_CLIENT, &SAMPLE_CLIENT,
     "00000000680664633104feffffff0f0873686f7000112233445566778899aabbccddeeff0102030405060708090a0"
     "b0c0d0e0f10060c64633939393901feffffffffffffffff0100feff9ac79983a28407",
     "{\"dc\":\"dc1\",\"incarnation\":2,\"client_no\":2147483647,\"name\":\"shop\","
     "\"token_hash\":\"00112233445566778899aabbccddeeff0102030405060708090a0b0c0d0e0f10\","
     "\"role\":\"operate\",\"home\":\"dc9999\",\"revoked\":true,"
     "\"version\":9223372036854775807,\"created_at_us\":0,"
     "\"updated_at_us\":253402300799999999}"},
    {"refused result", GB_MESSAGE_RESULT, &SAMPLE_RESULT,
     "000000006906646332040a6163632d31828080808040064555520e1c6463323a6f7264657220343731310a0228494"
     "4454d504f54454e43595f4d49534d4154434880b0ba82f5b9b006",
     SHARED_JSON("dc2") "\"client_no\":7,\"key\":\"dc2:order 4711\",\"state\":\"REFUSED\","
                        "\"reason\":\"IDEMPOTENCY_MISMATCH\",\"decided_at_us\":1795397935123456}"},
    {"booked result", GB_MESSAGE_RESULT, &BOOKED_RESULT,
     "000000006906646332040a6163632d31828080808040064555520e146f726465722d34373131040080b0ba82f5b9b"
     "006",
     SHARED_JSON("dc2") "\"client_no\":7,\"key\":\"order-4711\",\"state\":\"BOOKED\","
                        "\"reason\":null,\"decided_at_us\":1795397935123456}"},
    {"status", GB_MESSAGE_STATUS, &SAMPLE_STATUS,
     "0000000070066463310480b0ba82f5b9b006040a706179696e2867656f62696c6c2e6463322e706179696e2e76310"
     "022f403066463313867656f62696c6c2e6463312e726573657276652d7265706c792e763106000000020c6c656467"
     "65722a67656f62696c6c2e6463312e6c65646765722e7631feffffff0ffeffffffffffffffff010000",
     "{\"dc\":\"dc1\",\"incarnation\":2,\"sent_at_us\":1795397935123456,\"acks\":["
     "{\"stream\":\"payin\",\"topic\":\"geobill.dc2.payin.v1\",\"partition\":0,\"page\":17,"
     "\"records\":250},"
     "{\"stream\":\"dc1\",\"topic\":\"geobill.dc1.reserve-reply.v1\",\"partition\":3,"
     "\"page\":0,\"records\":0}],\"heads\":[{\"stream\":\"ledger\",\"topic\":\"geobill.dc1.ledger."
     "v1\","
     "\"partition\":2147483647,\"page\":9223372036854775807,\"records\":0}]}"},
    {"small status", GB_MESSAGE_STATUS, &SMALL_STATUS, "00000000700664633102000000",
     "{\"dc\":\"dc1\",\"incarnation\":1,\"sent_at_us\":0,\"acks\":[],\"heads\":[]}"},
    {"ask", GB_MESSAGE_ASK, &SAMPLE_ASK,
     "000000006b06646331040a6163632d31828080808040064555520664633382b0ba82f5b9b006904e80b0ba82f5b9"
     "b00604e01280dac40984b0ba82f5b9b006",
     "{\"dc\":\"dc1\",\"incarnation\":2,\"account_id\":\"acc-1\","
     "\"account_no\":1099511627777,\"currency\":\"EUR\",\"peer\":\"dc3\","
     "\"ask_seq\":1795397935123457,\"ask_target\":5000,\"priority_us\":1795397935123456,"
     "\"round\":2,\"asker_in_total\":1200,\"ttl_us\":10000000,"
     "\"clock_us\":1795397935123458}"},
    {"small ask", GB_MESSAGE_ASK, &SMALL_ASK,
     "000000006b0664633102026102064a50590664633202000002000000",
     "{\"dc\":\"dc1\",\"incarnation\":1,\"account_id\":\"a\",\"account_no\":1,"
     "\"currency\":\"JPY\",\"peer\":\"dc2\",\"ask_seq\":1,\"ask_target\":0,"
     "\"priority_us\":0,\"round\":1,\"asker_in_total\":0,\"ttl_us\":0,\"clock_us\":0}"},
    {"reply", GB_MESSAGE_REPLY, &SAMPLE_REPLY,
     "000000006c06646333040a6163632d318280808080400645555282b0ba82f5b9b006045404f80a9003ce8f808080"
     "808020feffffffffffff1f904eb8490a80b0ba82f5b9b00606646331b03bc801e807d028800184b0ba82f5b9b006",
     "{\"dc\":\"dc3\",\"incarnation\":2,\"account_id\":\"acc-1\","
     "\"account_no\":1099511627777,\"currency\":\"EUR\",\"ask_seq\":1795397935123457,"
     "\"round\":2,\"version\":42,\"status\":\"BLOCKED\",\"balance\":700,\"held\":200,"
     "\"credits_total\":9007199254741991,\"debits_total\":9007199254740991,"
     "\"out_total\":5000,\"in_total\":4700,\"account_version\":5,"
     "\"updated_at_us\":1795397935123456,\"link\":{\"peer\":\"dc1\",\"out_total\":3800,"
     "\"in_total\":100},\"available\":500,\"in_flight\":2600,\"reserved\":64,"
     "\"clock_us\":1795397935123458}"},
    {"small reply", GB_MESSAGE_REPLY, &SMALL_REPLY,
     "000000006c0664633102026102064a505900000002000000000000000006646332000000000000",
     "{\"dc\":\"dc1\",\"incarnation\":1,\"account_id\":\"a\",\"account_no\":1,"
     "\"currency\":\"JPY\",\"ask_seq\":0,\"round\":0,\"version\":0,\"status\":\"OPEN\","
     "\"balance\":0,\"held\":0,\"credits_total\":0,\"debits_total\":0,\"out_total\":0,"
     "\"in_total\":0,\"account_version\":0,\"updated_at_us\":0,\"link\":{\"peer\":\"dc2\","
     "\"out_total\":0,\"in_total\":0},\"available\":0,\"in_flight\":0,\"reserved\":0,"
     "\"clock_us\":0}"},
    {"opening entry", GB_MESSAGE_LEDGER_ENTRY, &OPENING_ENTRY,
     "000000006d0664633102026102064a5059021e02d804d80400d804000000000002020c6f70656e3a610000",
     "{\"dc\":\"dc1\",\"incarnation\":1,\"account_id\":\"a\",\"account_no\":1,"
     "\"currency\":\"JPY\",\"version\":1,\"kind\":\"OPENING\",\"status\":\"OPEN\",\"amount\":300,"
     "\"balance_after\":300,\"held_after\":0,\"credits_total\":300,\"debits_total\":0,"
     "\"out_total\":0,\"in_total\":0,\"account_version\":0,\"created_at_us\":0,"
     "\"operation\":{\"client_no\":1,\"key\":\"open:a\"},\"reference\":null,\"link\":null}"},
    {"service", GB_MESSAGE_SERVICE, &SAMPLE_SERVICE,
     "000000006e06646331040c736d732e65750e534d5320e282ac8080b4ccd4dfc60306455552010680a7ab82f5b9b00"
     "680b0a583f5b9b006",
     "{\"dc\":\"dc1\",\"incarnation\":2,\"service_id\":\"sms.eu\",\"name\":\"SMS "
     "\xe2\x82\xac\",\"price\":1000000000000000,"
     "\"currency\":\"EUR\",\"retired\":true,\"version\":3,\"created_at_us\":1795397935000000,"
     "\"updated_at_us\":1795397936000000}"},
    {"small service", GB_MESSAGE_SERVICE, &SMALL_SERVICE,
     "000000006e06646331020273026e02064a505900020000",
     "{\"dc\":\"dc1\",\"incarnation\":1,\"service_id\":\"s\",\"name\":\"n\",\"price\":1,"
     "\"currency\":\"JPY\",\"retired\":false,\"version\":1,\"created_at_us\":0,"
     "\"updated_at_us\":0}"},
    {"refund", GB_MESSAGE_REFUND, &SAMPLE_REFUND,
     "000000006f06646331040a6163632d3182808080804006455552066463320e1a6463323a6261636b20343731311c"
     "6463323a6f7264657220343731318080b4ccd4dfc603020e7a7572c3bc636b020e7b2261223a317d80b0ba82f5b9"
     "b006",
     SHARED_JSON("dc1") "\"owner\":\"dc2\",\"client_no\":7,\"key\":\"dc2:back 4711\","
                        "\"original_key\":\"dc2:order 4711\",\"amount\":1000000000000000,"
                        "\"reference\":\"zur\xc3\xbc"
                        "ck\",\"metadata\":\"{\\\"a\\\":1}\","
                        "\"accepted_at_us\":1795397935123456}"},
    {"small refund", GB_MESSAGE_REFUND, &SMALL_REFUND,
     "000000006f0664633102026102064a50590664633202026b026f02000000",
     "{\"dc\":\"dc1\",\"incarnation\":1,\"account_id\":\"a\",\"account_no\":1,"
     "\"currency\":\"JPY\",\"owner\":\"dc2\",\"client_no\":1,\"key\":\"k\","
     "\"original_key\":\"o\",\"amount\":1,\"reference\":null,\"metadata\":null,"
     "\"accepted_at_us\":0}"},
};
const size_t SAMPLES_COUNT = sizeof(SAMPLES) / sizeof(SAMPLES[0]);

const struct older_bytes OLDER_BYTES[] = {
    {"entry",
     "000000006606646333040a6163632d3182808080804006455552540606f403feffffffffffff1f8001ce8f8080808"
     "08020c00cd804c8010a80b0ba82f5b9b006020e146f726465722d3437313102000206646332f403c801"},
    {"small entry", "00000000660664633102026102064a5059020a02000000000000000000000000"},
    {"small status", "000000006a0664633102000000"},
};
const size_t OLDER_BYTES_COUNT = sizeof(OLDER_BYTES) / sizeof(OLDER_BYTES[0]);

struct gb_bytes sample_bytes(const char *hex, struct gb_arena *arena)
{
    size_t size = strlen(hex) / 2;
    void *bytes = gb_arena_alloc(arena, size);
    GB_CHECK(bytes != NULL && gb_hex_parse(hex, bytes, size));
    return (struct gb_bytes){bytes, size};
}

const char *sample_hex(struct gb_bytes bytes, struct gb_arena *arena)
{
    char *hex = gb_arena_alloc(arena, 2 * bytes.size + 1);
    GB_CHECK(hex != NULL);
    gb_hex_format(bytes.data, bytes.size, hex);
    return hex;
}
