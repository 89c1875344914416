/* pack.h: a state of the small world as few bytes: the same state, the same bytes. */
#ifndef GB_TEST_MODEL_RESERVE_PACK_H
#define GB_TEST_MODEL_RESERVE_PACK_H

#include "world.h"

enum { PACKED_MAX = 2048 };
struct packed {
    unsigned char bytes[PACKED_MAX];
    size_t size;
};

void world_pack(const struct world *world, const struct scenario *scenario, struct packed *ret);
void world_unpack(const struct packed *packed, const struct scenario *scenario, struct world *ret);

struct fingerprint {
    uint64_t a, b;
};
struct fingerprint fingerprint_of(const struct packed *packed);

#endif
