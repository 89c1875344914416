/* What was known at a refusal, as JSON. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "engine/work.h"

/* JSON text that grows in a buffer of its own; numbers and codes only. */
struct facts {
    char text[4096];
    size_t size;
};

static void add(struct facts *facts, const char *format, ...) GB_PRINTF(2, 3);

static void add(struct facts *facts, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int size =
        vsnprintf(facts->text + facts->size, sizeof(facts->text) - facts->size, format, args);
    va_end(args);
    GB_CHECK(size >= 0 && (size_t)size < sizeof(facts->text) - facts->size);
    facts->size += (size_t)size;
}

static void add_peer(struct facts *facts, const struct gb_refusal_peer *peer, int64_t now_us)
{
    add(facts, "{\"dc\":\"%s\",\"known\":", peer->dc.code);
    if (peer->known_at_us == 0)
        add(facts, "null,\"age_ms\":null");
    else
        add(facts, "%" PRId64 ",\"age_ms\":%" PRId64, peer->known,
            (now_us - peer->known_at_us) / 1000);
    add(facts,
        ",\"asked\":%" PRId64 ",\"came\":%" PRId64 ",\"rounds\":%d,\"asked_ms_ago\":", peer->asked,
        peer->came, (int)peer->rounds);
    if (peer->asked_at_us == 0)
        add(facts, "null");
    else
        add(facts, "%" PRId64, (now_us - peer->asked_at_us) / 1000);
    add(facts, ",\"silent\":%s}", peer->silent ? "true" : "false");
}

const char *gb_work_facts(const struct gb_refusal *refusal, int64_t now_us, struct gb_arena *arena)
{
    struct facts facts = {.size = 0};
    add(&facts, "{\"available\":%" PRId64 ",\"held\":%" PRId64 ",\"total\":%" PRId64,
        refusal->available, refusal->held, refusal->total);
    add(&facts, ",\"peers\":[");
    for (size_t i = 0; i < refusal->peers_count; i++) {
        add(&facts, i == 0 ? "" : ",");
        add_peer(&facts, &refusal->peers[i], now_us);
    }
    add(&facts, "]");
    if (refusal->most != GB_NO_LINK)
        add(&facts, ",\"most\":\"%s\"", refusal->peers[refusal->most].dc.code);
    add(&facts, "}");
    char *kept = gb_arena_strdup(arena, facts.text);
    GB_CHECK(kept != NULL);
    return kept;
}

/* A key is printable ASCII: two of its characters need an escape. */
static void add_key(struct facts *facts, const char *key)
{
    for (; *key != '\0'; key++) {
        if (*key == '"' || *key == '\\')
            add(facts, "\\");
        add(facts, "%c", *key);
    }
}

const char *gb_work_abort_facts(const struct gb_work *work, size_t at, struct gb_arena *arena)
{
    const struct gb_work_operation *operation = &work->operations[work->operation_of[at]];
    struct facts facts = {.size = 0};
    add(&facts, "{\"command\":%zu,\"key\":\"", at);
    add_key(&facts, operation->key);
    add(&facts, "\",\"reason\":\"%s\"", operation->reason);
    char *text =
        gb_arena_printf(arena, "%s%s%s}", facts.text, operation->facts == NULL ? "" : ",\"known\":",
                        operation->facts == NULL ? "" : operation->facts);
    GB_CHECK(text != NULL);
    return text;
}
