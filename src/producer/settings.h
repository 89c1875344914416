/* settings.h: the publisher's settings, read once. Texts live as long as the config. */
#ifndef GB_PRODUCER_SETTINGS_H
#define GB_PRODUCER_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "core/identity.h"
#include "db/pg.h"
#include "runtime/config.h"
#include "runtime/result.h"

enum { GB_PUBLISHER_PEERS_MAX = 16 };

struct gb_publisher_settings {
    const struct gb_config *config;
    struct gb_dc dc;
    struct gb_dc catalogue;
    struct gb_dc peers[GB_PUBLISHER_PEERS_MAX]; /* [peer.*], without ourselves */
    size_t peers_count;
    const char *conninfo;
    const char *user;
    char *password; /* heap; NULL: none */
    int64_t connect_timeout_ms;
    int64_t statement_timeout_ms;
    const char *listen; /* NULL: no HTTP */
    const char *wake;   /* NULL: looks every poll_ms only */
    int32_t partitions; /* of every topic but catalogue and dead letters */
    int32_t page_records_max;
    int32_t in_flight_max;
    int64_t poll_ms;
    int64_t linger_ms;
    int64_t message_timeout_ms; /* below lease_stale_ms: what a frozen publisher had under way is
                                   over before another takes over */
    int64_t lease_stale_ms;
    int64_t resend_after_ms;
    int64_t resend_backoff_ms_max;
    int64_t ack_interval_ms;
    int64_t alive_interval_ms;
};

/* GB_FATAL when something is missing or does not fit together. */
enum gb_result gb_publisher_settings_read(const struct gb_config *config,
                                          struct gb_publisher_settings *ret,
                                          struct gb_err *err) GB_MUST_USE;
void gb_publisher_settings_done(struct gb_publisher_settings *settings);

/* Opens a connection of this publisher: application_name is "geobill-publisher/<part>/<holder>", by
 * which whoever takes over finds all of them. */
enum gb_result gb_publisher_connect(const struct gb_publisher_settings *settings, const char *part,
                                    const char *holder, struct gb_pg **ret,
                                    struct gb_err *err) GB_MUST_USE;

#endif
