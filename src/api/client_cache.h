/* client_cache.h: clients by the hash of their token, for a second; bounded. Any thread. */
#ifndef GB_API_CLIENT_CACHE_H
#define GB_API_CLIENT_CACHE_H

#include "core/identity.h"
#include "core/kinds.h"
#include "runtime/digest.h"

/* Whom a token belongs to. client_no 0: nobody, or revoked. */
struct gb_api_client {
    struct gb_client_no client_no;
    enum gb_role role;
    struct gb_dc home;
};

enum gb_api_client_known {
    GB_API_CLIENT_UNKNOWN, /* look it up */
    GB_API_CLIENT_KNOWN,
    GB_API_CLIENT_STALE, /* as KNOWN, but the caller looks it up again; others go on with what is
                            there meanwhile */
};

struct gb_api_client_cache;

struct gb_api_client_cache *gb_api_client_cache_new(void);
void gb_api_client_cache_free(struct gb_api_client_cache *cache);

enum gb_api_client_known gb_api_client_cache_find(struct gb_api_client_cache *cache,
                                                  const uint8_t hash[GB_DIGEST_SIZE],
                                                  int64_t now_us, struct gb_api_client *ret);
void gb_api_client_cache_put(struct gb_api_client_cache *cache, const uint8_t hash[GB_DIGEST_SIZE],
                             struct gb_api_client client, int64_t now_us);

#endif
