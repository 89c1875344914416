/* Random messages within all bounds: avro-c reads from our bytes what we do, and writes the very
 * same bytes. One seed, so a failure comes again. */
#include "unit/wire/cm.h"

#include <stdio.h>
#include <string.h>

#include "unit/wire/reference.h"
#include "unit/wire/samples.h"
#include "wire/fields.h"
#include "wire/print_message.h"
#include "wire/registry.h"

enum { ROUNDS = 300, ITEMS_MAX = 40, KINDS = GB_MESSAGE_REFUND };

static struct gb_arena *arena;
static uint64_t seed;

/* splitmix64 */
static uint64_t draw(void)
{
    uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static size_t below(size_t bound)
{
    return (size_t)(draw() % bound);
}

/* Every length of number is as likely; the ends of the range come up too. */
static int64_t draw_number(int64_t min, int64_t max)
{
    size_t way = below(10);
    if (way < 2)
        return way == 0 ? min : max;
    uint64_t span = (uint64_t)max - (uint64_t)min, size = draw() >> below(64);
    return (int64_t)((uint64_t)min + (span == UINT64_MAX ? size : size % (span + 1)));
}

static const struct alphabet {
    bool (*form)(const char *text, size_t size);
    const char *first, *inside, *last;
    size_t size_min;
} ALPHABETS[] = {
    {gb_form_account_id, "", "abcXYZ019._-", "", 1},
    {gb_form_key, "", "ab:~!\"\\{}9", "", 1},
    {gb_form_words, "", "a \"\\/<\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "", 0},
    {gb_form_account_name, "", "A \"\xc2\xa0\xf4\x8f\xbf\xbf", "", 1},
    {gb_form_client_name, "", "a.\xef\xbf\xbd", "", 1},
    {gb_form_reason, "", "AZ_09", "", 1},
    {gb_form_metadata, "{", "\"a\":,1\xc3\xa4", "}", 2},
    {gb_form_stream, "", "az09", "", 1},
    {gb_form_topic, "", "aZ0._-", "", 1},
};

enum { ALPHABETS_COUNT = sizeof(ALPHABETS) / sizeof(ALPHABETS[0]) };

static const struct alphabet *alphabet_of(const struct gb_field *field)
{
    size_t i = 0;
    while (i < ALPHABETS_COUNT && ALPHABETS[i].form != field->form)
        i++;
    GB_CHECK(i < ALPHABETS_COUNT); /* a new form: name its letters */
    return &ALPHABETS[i];
}

/* One character of `letters`, which are UTF-8. */
static size_t draw_letter(const char *letters, char *ret)
{
    size_t at = below(strlen(letters)), size = 1;
    while (((unsigned char)letters[at] & 0xc0) == 0x80)
        at--;
    while (((unsigned char)letters[at + size] & 0xc0) == 0x80)
        size++;
    memcpy(ret, letters + at, size);
    return size;
}

static const char *draw_text(const struct gb_field *field)
{
    const struct alphabet *alphabet = alphabet_of(field);
    char *text = gb_arena_alloc(arena, field->size + 8);
    size_t last = strlen(alphabet->last);
    size_t wanted = below(4) == 0 ? field->size : below(field->size < 40 ? field->size : 40);
    size_t characters = wanted, size = strlen(alphabet->first);
    if (field->form == gb_form_account_name || field->form == gb_form_client_name)
        characters = wanted / 4;
    memcpy(text, alphabet->first, size);
    for (size_t i = 0; i < characters || size + last < alphabet->size_min; i++) {
        char letter[4];
        size_t bytes = draw_letter(alphabet->inside, letter);
        if (size + bytes + last > field->size)
            break;
        memcpy(text + size, letter, bytes);
        size += bytes;
    }
    memcpy(text + size, alphabet->last, last);
    return text;
}

static void draw_table(const struct gb_field_table *table, char *base);

static void draw_array(const struct gb_field *field, char *base)
{
    size_t count = below(3) == 0 ? 0 : below(ITEMS_MAX);
    char *items = gb_arena_array(arena, count, field->size);
    for (size_t i = 0; i < count; i++)
        draw_table(field->table, items + i * field->size);
    memcpy(base + field->offset, &items, sizeof(items));
    memcpy(base + field->count_offset, &count, sizeof(count));
}

static const char *draw_dc(void)
{
    char *code = gb_arena_alloc(arena, GB_DC_SIZE);
    (void)snprintf(code, GB_DC_SIZE, "dc%u", (unsigned)draw_number(1, 9999) % 10000);
    return code;
}

static void draw_scalar(const struct gb_field *field, char *member)
{
    int32_t narrow;
    int64_t number;
    bool truth = below(2) == 1;
    switch (field->type) {
    case GB_FIELD_DC:
        memcpy(member, draw_dc(), GB_DC_SIZE);
        break;
    case GB_FIELD_CURRENCY:
        for (size_t i = 0; i < 3; i++)
            member[i] = (char)('A' + below(26));
        break;
    case GB_FIELD_INT:
        narrow = (int32_t)draw_number(field->min, field->max);
        memcpy(member, &narrow, sizeof(narrow));
        break;
    case GB_FIELD_LONG:
        number = draw_number(field->min, field->max);
        memcpy(member, &number, sizeof(number));
        break;
    case GB_FIELD_BOOL:
        memcpy(member, &truth, sizeof(truth));
        break;
    case GB_FIELD_ENUM:
        do
            narrow = (int32_t)below(10);
        while (field->symbol(narrow) == NULL);
        memcpy(member, &narrow, sizeof(narrow));
        break;
    case GB_FIELD_FIXED:
        for (size_t i = 0; i < field->size; i++)
            member[i] = (char)draw();
        break;
    case GB_FIELD_TEXT:
    case GB_FIELD_RECORD:
    case GB_FIELD_ARRAY:
        break;
    }
}

static void draw_member(const struct gb_field *field, char *base)
{
    const char *text = NULL;
    if (field->optional && below(2) == 0)
        return; /* the message was zeroed */
    if (field->type == GB_FIELD_RECORD) {
        draw_table(field->table, base);
    } else if (field->type == GB_FIELD_ARRAY) {
        draw_array(field, base);
    } else if (field->type == GB_FIELD_TEXT) {
        text = field->form == gb_form_dc ? draw_dc() : draw_text(field);
        memcpy(base + field->offset, &text, sizeof(text));
    } else {
        draw_scalar(field, base + field->offset);
    }
}

static void draw_table(const struct gb_field_table *table, char *base)
{
    for (size_t i = 0; i < table->count; i++)
        draw_member(&table->fields[i], base);
}

/* The rules between fields. */
static void settle_entry(struct gb_message_ledger_entry *entry)
{
    bool moves = entry->kind == GB_ENTRY_SHARE_OUT || entry->kind == GB_ENTRY_SHARE_IN;
    entry->debits_total /= 2;
    entry->in_total /= 2;
    entry->out_total = entry->in_total;
    entry->credits_total = entry->debits_total + entry->balance_after;
    entry->held_after = entry->held_after % (entry->balance_after + 1);
    if (entry->kind == GB_ENTRY_STATUS)
        entry->amount = 0;
    else
        entry->amount = 1 + entry->amount % GB_AMOUNT_MAX;
    if (moves && entry->peer == NULL)
        entry->peer = "dc1";
    if (entry->peer != NULL && strcmp(entry->peer, entry->account.dc.code) == 0)
        entry->peer = strcmp(entry->peer, "dc1") == 0 ? "dc2" : "dc1";
}

static void settle_times(int64_t *created_at_us, int64_t *updated_at_us)
{
    int64_t first = *created_at_us < *updated_at_us ? *created_at_us : *updated_at_us;
    int64_t last = *created_at_us < *updated_at_us ? *updated_at_us : *created_at_us;
    *created_at_us = first;
    *updated_at_us = last;
}

static struct gb_dc other_than(struct gb_dc dc)
{
    return strcmp(dc.code, "dc1") == 0 ? (struct gb_dc){"dc2"} : (struct gb_dc){"dc1"};
}

static void settle_reply(struct gb_message_reply *message)
{
    struct gb_share *share = &message->reply.share;
    share->debits_total /= 2;
    share->in_total /= 2;
    share->out_total = share->in_total;
    share->credits_total = share->debits_total + share->balance;
    share->held %= share->balance + 1;
    message->available = share->balance - share->held;
    message->reply.reserved %= message->available + 1;
    if (strcmp(message->peer, message->account.dc.code) == 0)
        message->peer = strcmp(message->peer, "dc1") == 0 ? "dc2" : "dc1";
}

static void settle(enum gb_message_kind kind, void *message)
{
    struct gb_message_ask *ask = message;
    struct gb_message_catalogue_account *account = message;
    struct gb_message_client *client = message;
    struct gb_message_service *service = message;
    struct gb_message_result *result = message;
    switch (kind) {
    case GB_MESSAGE_LEDGER_ENTRY:
        settle_entry(message);
        break;
    case GB_MESSAGE_ACCOUNT:
        settle_times(&account->created_at_us, &account->updated_at_us);
        break;
    case GB_MESSAGE_CLIENT:
        settle_times(&client->created_at_us, &client->updated_at_us);
        break;
    case GB_MESSAGE_SERVICE:
        settle_times(&service->created_at_us, &service->updated_at_us);
        break;
    case GB_MESSAGE_RESULT:
        result->state = result->reason == NULL ? GB_STATE_BOOKED : GB_STATE_REFUSED;
        break;
    case GB_MESSAGE_ASK:
        if (gb_dc_equal(ask->peer, ask->account.dc))
            ask->peer = other_than(ask->peer);
        break;
    case GB_MESSAGE_REPLY:
        settle_reply(message);
        break;
    case GB_MESSAGE_PAYIN:
    case GB_MESSAGE_REFUND:
    case GB_MESSAGE_STATUS:
        break;
    }
}

static void hold_against_avro_c(enum gb_message_kind kind, const struct reference *reference,
                                const void *message)
{
    struct gb_bytes framed, body, theirs;
    struct gb_err err = {.message = ""};
    int32_t id;
    json_t *seen = NULL, *expected;
    if (gb_codec_encode(kind, message, arena, &framed, &err) != GB_OK)
        fail_msg("%s: %s", gb_message_type(kind), err.message);
    assert_int_equal(gb_frame_open(framed, &id, &body, NULL), GB_OK);
    if (gb_message_print(framed, arena, &kind, &seen, &err) != GB_OK)
        fail_msg("%s: %s", gb_message_type(kind), err.message);
    expected = reference_read(reference, body);
    if (!json_equal(seen, expected))
        fail_msg("ours %s\ntheirs %s", json_dumps(seen, 0), json_dumps(expected, 0));
    theirs = reference_write(reference, id, seen, arena);
    assert_string_equal(sample_hex(theirs, arena), sample_hex(framed, arena));
    json_decref(expected);
    json_decref(seen);
}

/* Decoded and encoded again, member by member: nothing that the JSON would not show is lost. */
static void hold_against_itself(enum gb_message_kind kind, const void *message)
{
    struct gb_bytes once, twice;
    void *again = gb_arena_alloc(arena, gb_registry_codec(kind)->size);
    assert_int_equal(gb_codec_encode(kind, message, arena, &once, NULL), GB_OK);
    assert_int_equal(gb_codec_decode(kind, once, arena, again, NULL), GB_OK);
    assert_int_equal(gb_codec_encode(kind, again, arena, &twice, NULL), GB_OK);
    assert_int_equal(once.size, twice.size);
    assert_memory_equal(once.data, twice.data, once.size);
}

static void random_messages_are_the_same_to_avro_c(void **state)
{
    (void)state;
    for (int number = GB_MESSAGE_PAYIN; number <= KINDS; number++) {
        enum gb_message_kind kind = (enum gb_message_kind)number;
        const struct gb_codec *codec = gb_registry_codec(kind);
        const struct gb_schema *schema = gb_schema_by_id(gb_registry_written(kind)->id);
        struct reference *reference = reference_open(schema->text, schema->size);
        for (int round = 0; round < ROUNDS; round++) {
            gb_arena_reset(arena);
            seed = (uint64_t)number << 32 | (uint64_t)round;
            void *message = gb_arena_alloc(arena, codec->size);
            draw_table(&codec->table, message);
            settle(kind, message);
            hold_against_avro_c(kind, reference, message);
            hold_against_itself(kind, message);
        }
        reference_close(reference);
    }
}

static int open_all(void **state)
{
    (void)state;
    arena = gb_arena_new((size_t)16 << 20);
    return gb_wire_init(NULL) == GB_OK ? 0 : -1;
}

static int close_all(void **state)
{
    (void)state;
    gb_arena_free(arena);
    gb_wire_done();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_messages_are_the_same_to_avro_c),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
