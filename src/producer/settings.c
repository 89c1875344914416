#include "producer/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/migrate.h"

/* A heartbeat a second: a holder is stale after several of them were missed, never after one. */
enum { LEASE_STALE_MS_MIN = 500 };

static enum gb_result read_dc(const struct gb_config *config, const char *key, struct gb_dc *ret,
                              struct gb_err *err)
{
    const char *text;
    enum gb_result result = gb_config_need(config, "datacenter", key, &text, err);
    if (result != GB_OK)
        return result;
    if (!gb_dc_parse(text, ret))
        return gb_err_set(err, GB_FATAL, "CONFIG", "[datacenter] %s: \"%.32s\" is not a code", key,
                          text);
    return GB_OK;
}

static enum gb_result read_peers(struct gb_publisher_settings *settings, struct gb_err *err)
{
    const char *codes[GB_PUBLISHER_PEERS_MAX + 1];
    size_t count = gb_config_sections(settings->config, "peer", codes, GB_PUBLISHER_PEERS_MAX + 1);
    if (count > GB_PUBLISHER_PEERS_MAX)
        return gb_err_set(err, GB_FATAL, "CONFIG", "more than %d [peer.*] sections",
                          GB_PUBLISHER_PEERS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct gb_dc peer;
        if (!gb_dc_parse(codes[i], &peer))
            return gb_err_set(err, GB_FATAL, "CONFIG", "[peer.%.32s]: not a datacenter's code",
                              codes[i]);
        if (!gb_dc_equal(peer, settings->dc))
            settings->peers[settings->peers_count++] = peer;
    }
    return GB_OK;
}

static void read_numbers(const struct gb_config *config, struct gb_publisher_settings *ret)
{
    ret->connect_timeout_ms = gb_config_int(config, "postgres", "connect_timeout_ms");
    ret->statement_timeout_ms = gb_config_int(config, "postgres", "statement_timeout_ms");
    ret->partitions = (int32_t)gb_config_int(config, "topics", "partitions");
    ret->page_records_max = (int32_t)gb_config_int(config, "publisher", "page_records_max");
    ret->in_flight_max = (int32_t)gb_config_int(config, "publisher", "in_flight_max");
    ret->poll_ms = gb_config_int(config, "publisher", "poll_ms");
    ret->linger_ms = gb_config_int(config, "publisher", "linger_ms");
    ret->lease_stale_ms = gb_config_int(config, "publisher", "lease_stale_ms");
    ret->message_timeout_ms = ret->lease_stale_ms * 4 / 5;
    ret->resend_after_ms = gb_config_int(config, "publisher", "resend_after_ms");
    ret->resend_backoff_ms_max = gb_config_int(config, "publisher", "resend_backoff_ms_max");
    ret->ack_interval_ms = gb_config_int(config, "publisher", "ack_interval_ms");
    ret->alive_interval_ms = gb_config_int(config, "publisher", "alive_interval_ms");
}

enum gb_result gb_publisher_settings_read(const struct gb_config *config,
                                          struct gb_publisher_settings *ret, struct gb_err *err)
{
    *ret = (struct gb_publisher_settings){.config = config};
    enum gb_result result = read_dc(config, "code", &ret->dc, err);
    if (result == GB_OK)
        result = read_dc(config, "catalogue", &ret->catalogue, err);
    if (result == GB_OK)
        result = read_peers(ret, err);
    if (result == GB_OK)
        result = gb_config_need(config, "postgres", "conninfo", &ret->conninfo, err);
    if (result == GB_OK)
        result = gb_config_secret(config, "postgres", "password_file", &ret->password, err);
    if (result != GB_OK)
        return result;
    ret->user = gb_config_text(config, "postgres", "user_publisher");
    ret->listen = gb_config_text(config, "publisher", "listen");
    ret->wake = gb_config_text(config, "publisher", "wake");
    read_numbers(config, ret);
    if (ret->in_flight_max < ret->page_records_max)
        return gb_err_set(err, GB_FATAL, "CONFIG",
                          "[publisher] in_flight_max is below page_records_max: no page fits");
    GB_CHECK(ret->lease_stale_ms >= LEASE_STALE_MS_MIN);
    return GB_OK;
}

void gb_publisher_settings_done(struct gb_publisher_settings *settings)
{
    free(settings->password);
    settings->password = NULL;
}

enum gb_result gb_publisher_connect(const struct gb_publisher_settings *settings, const char *part,
                                    const char *holder, struct gb_pg **ret, struct gb_err *err)
{
    char name[64];
    (void)snprintf(name, sizeof(name), "geobill-publisher/%s/%s", part, holder);
    const struct gb_pg_options options = {
        .conninfo = settings->conninfo,
        .user = settings->user,
        .password = settings->password,
        .application_name = name,
        .connect_timeout_ms = settings->connect_timeout_ms,
        .statement_timeout_ms = settings->statement_timeout_ms,
        .plans_once = true,
    };
    return gb_migrate_connect(&options, ret, err);
}
