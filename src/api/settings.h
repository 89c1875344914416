/* settings.h: what geobill-api takes from the configuration, and which datacenter owns a key.
 * Read-only after the start. */
#ifndef GB_API_SETTINGS_H
#define GB_API_SETTINGS_H

#include "core/identity.h"
#include "runtime/config.h"

#define GB_API_PEERS_MAX 64

struct gb_api_peer {
    struct gb_dc dc;
    const char *url; /* "http://host:port", without a slash at the end */
};

struct gb_api_settings {
    struct gb_dc dc;
    struct gb_dc catalogue;
    int32_t partitions;
    struct gb_api_peer peers[GB_API_PEERS_MAX]; /* without ourselves */
    size_t peers_count;
    size_t intake_queue_max, intake_batch_max;
    size_t command_queue_max, command_batch_max;
    size_t readers, reader_queue_max;
    size_t waiters_max;
    size_t batches_max; /* of clients, in work at a time */
    int64_t peer_timeout_ms;
    int64_t wait_s_max;
    int64_t four_eyes_above, proposal_expires_s, replay_rate_per_s; /* [dead_letters] */
};

/* Text in *ret lives as long as the config. GB_FATAL with the setting's name when one is missing or
 * wrong. */
enum gb_result gb_api_settings_read(const struct gb_config *config, struct gb_api_settings *ret,
                                    struct gb_err *err) GB_MUST_USE;

/* NULL: no such peer. */
const struct gb_api_peer *gb_api_peer_find(const struct gb_api_settings *settings, struct gb_dc dc);

/* The datacenter that owns `key` of a client with this home: the one that the key names, else the
 * client's home. False when it is none that we know; *ret is its code all the same. */
bool gb_api_key_owner(const struct gb_api_settings *settings, const char *key, struct gb_dc home,
                      struct gb_dc *ret);

#endif
