#include "api/client_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Fresh for a second. After that one request looks again while the others go on, until it is too
 * old for that, too: so neither a busy second nor a slow database sends everybody to the database,
 * and a revoked token ends within 3 seconds. */
enum { SLOTS = 4096, FRESH_US = 1000000, USABLE_US = 3000000 };

struct slot {
    uint8_t hash[GB_DIGEST_SIZE];
    struct gb_api_client client;
    int64_t learnt_at_us; /* 0: empty */
    bool looked_up;       /* somebody is looking it up again */
};

struct gb_api_client_cache {
    pthread_mutex_t lock;
    struct slot slots[SLOTS];
};

struct gb_api_client_cache *gb_api_client_cache_new(void)
{
    struct gb_api_client_cache *cache = calloc(1, sizeof(*cache));
    GB_CHECK(cache != NULL && pthread_mutex_init(&cache->lock, NULL) == 0);
    return cache;
}

void gb_api_client_cache_free(struct gb_api_client_cache *cache)
{
    if (cache == NULL)
        return;
    (void)pthread_mutex_destroy(&cache->lock);
    free(cache);
}

/* Each hash has one slot: two that share it only push each other out. */
static struct slot *slot_of(struct gb_api_client_cache *cache, const uint8_t hash[GB_DIGEST_SIZE])
{
    return &cache->slots[(size_t)(hash[0] << 8 | hash[1]) % SLOTS];
}

static enum gb_api_client_known judge(struct slot *slot, const uint8_t hash[GB_DIGEST_SIZE],
                                      int64_t now_us)
{
    int64_t age_us = now_us - slot->learnt_at_us;
    if (slot->learnt_at_us == 0 || memcmp(slot->hash, hash, GB_DIGEST_SIZE) != 0 ||
        age_us >= USABLE_US)
        return GB_API_CLIENT_UNKNOWN;
    if (age_us < FRESH_US || slot->looked_up)
        return GB_API_CLIENT_KNOWN;
    slot->looked_up = true;
    return GB_API_CLIENT_STALE;
}

enum gb_api_client_known gb_api_client_cache_find(struct gb_api_client_cache *cache,
                                                  const uint8_t hash[GB_DIGEST_SIZE],
                                                  int64_t now_us, struct gb_api_client *ret)
{
    (void)pthread_mutex_lock(&cache->lock);
    struct slot *slot = slot_of(cache, hash);
    enum gb_api_client_known known = judge(slot, hash, now_us);
    if (known != GB_API_CLIENT_UNKNOWN)
        *ret = slot->client;
    (void)pthread_mutex_unlock(&cache->lock);
    return known;
}

void gb_api_client_cache_put(struct gb_api_client_cache *cache, const uint8_t hash[GB_DIGEST_SIZE],
                             struct gb_api_client client, int64_t now_us)
{
    (void)pthread_mutex_lock(&cache->lock);
    struct slot *slot = slot_of(cache, hash);
    *slot = (struct slot){.client = client, .learnt_at_us = now_us};
    memcpy(slot->hash, hash, GB_DIGEST_SIZE);
    (void)pthread_mutex_unlock(&cache->lock);
}
