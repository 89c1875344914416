#include "cli/import_index.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/digest.h"
#include "runtime/result.h"

#define SLOTS_FIRST 1024u
#define TEXTS_MAX (UINT32_C(1) << 31)

/* Open addressing; at most half of the slots are taken, so a free one is always near. */
struct gb_import_index {
    const char **texts;
    uint32_t *slots; /* number + 1; 0: free */
    uint32_t count, slots_count;
};

static void make_room(struct gb_import_index *index, uint32_t slots_count)
{
    free(index->slots);
    index->slots = calloc(slots_count, sizeof(*index->slots));
    index->texts = reallocarray(index->texts, slots_count / 2, sizeof(*index->texts));
    GB_CHECK(index->slots != NULL && index->texts != NULL);
    index->slots_count = slots_count;
    for (uint32_t i = 0; i < index->count; i++) {
        uint32_t slot = gb_text_hash(index->texts[i]) & (slots_count - 1);
        while (index->slots[slot])
            slot = (slot + 1) & (slots_count - 1);
        index->slots[slot] = i + 1;
    }
}

struct gb_import_index *gb_import_index_new(void)
{
    struct gb_import_index *index = calloc(1, sizeof(*index));
    GB_CHECK(index != NULL);
    make_room(index, SLOTS_FIRST);
    return index;
}

void gb_import_index_free(struct gb_import_index *index)
{
    if (!index)
        return;
    free(index->texts);
    free(index->slots);
    free(index);
}

uint32_t gb_import_index_add(struct gb_import_index *index, const char *text, bool *ret_new)
{
    *ret_new = false;
    uint32_t slot = gb_text_hash(text) & (index->slots_count - 1);
    for (; index->slots[slot]; slot = (slot + 1) & (index->slots_count - 1))
        if (strcmp(index->texts[index->slots[slot] - 1], text) == 0)
            return index->slots[slot] - 1;
    *ret_new = true;
    GB_CHECK(index->count < TEXTS_MAX);
    index->texts[index->count++] = text;
    index->slots[slot] = index->count;
    uint32_t number = index->count - 1;
    if (index->count == index->slots_count / 2)
        make_room(index, index->slots_count * 2);
    return number;
}
