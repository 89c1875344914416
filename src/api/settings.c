#include "api/settings.h"

#include <stdio.h>
#include <string.h>

static enum gb_result read_dc(const struct gb_config *config, const char *key, struct gb_dc *ret,
                              struct gb_err *err)
{
    const char *code;
    if (gb_config_need(config, "datacenter", key, &code, err) != GB_OK)
        return GB_FATAL;
    if (!gb_dc_parse(code, ret))
        return gb_err_set(err, GB_FATAL, "SETTING_INVALID", "[datacenter] %s = %s is no code", key,
                          code);
    return GB_OK;
}

static enum gb_result read_peers(const struct gb_config *config, struct gb_api_settings *settings,
                                 struct gb_err *err)
{
    const char *codes[GB_API_PEERS_MAX];
    size_t count = gb_config_sections(config, "peer", codes, GB_API_PEERS_MAX);
    if (count > GB_API_PEERS_MAX)
        return gb_err_set(err, GB_FATAL, "SETTING_INVALID", "more than %d [peer.*]",
                          GB_API_PEERS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct gb_api_peer *peer = &settings->peers[settings->peers_count];
        char section[64];
        (void)snprintf(section, sizeof(section), "peer.%s", codes[i]);
        if (!gb_dc_parse(codes[i], &peer->dc))
            return gb_err_set(err, GB_FATAL, "SETTING_INVALID", "[%s] is no datacenter", section);
        if (gb_dc_equal(peer->dc, settings->dc))
            continue;
        if (gb_config_need(config, section, "api", &peer->url, err) != GB_OK)
            return GB_FATAL;
        settings->peers_count++;
    }
    if (!gb_dc_equal(settings->dc, settings->catalogue) &&
        gb_api_peer_find(settings, settings->catalogue) == NULL)
        return gb_err_set(err, GB_FATAL, "SETTING_INVALID", "[peer.%s] is missing: the catalogue's",
                          settings->catalogue.code);
    return GB_OK;
}

enum gb_result gb_api_settings_read(const struct gb_config *config, struct gb_api_settings *ret,
                                    struct gb_err *err)
{
    *ret = (struct gb_api_settings){
        .partitions = (int32_t)gb_config_int(config, "topics", "partitions"),
        .intake_queue_max = (size_t)gb_config_int(config, "api", "intake_queue_max"),
        .intake_batch_max = (size_t)gb_config_int(config, "api", "intake_batch_max"),
        .command_queue_max = (size_t)gb_config_int(config, "api", "command_queue_max"),
        .command_batch_max = (size_t)gb_config_int(config, "api", "command_batch_max"),
        .readers = (size_t)gb_config_int(config, "api", "readers"),
        .reader_queue_max = (size_t)gb_config_int(config, "api", "reader_queue_max"),
        .waiters_max = (size_t)gb_config_int(config, "api", "waiters_max"),
        .batches_max = (size_t)gb_config_int(config, "api", "batches_max"),
        .peer_timeout_ms = gb_config_int(config, "api", "peer_timeout_ms"),
        .wait_s_max = gb_config_int(config, "api", "wait_s_max"),
        .four_eyes_above = gb_config_int(config, "dead_letters", "four_eyes_above"),
        .proposal_expires_s = gb_config_int(config, "dead_letters", "proposal_expires_s"),
        .replay_rate_per_s = gb_config_int(config, "dead_letters", "replay_rate_per_s"),
    };
    if (read_dc(config, "code", &ret->dc, err) != GB_OK ||
        read_dc(config, "catalogue", &ret->catalogue, err) != GB_OK)
        return GB_FATAL;
    return read_peers(config, ret, err);
}

const struct gb_api_peer *gb_api_peer_find(const struct gb_api_settings *settings, struct gb_dc dc)
{
    for (size_t i = 0; i < settings->peers_count; i++)
        if (gb_dc_equal(settings->peers[i].dc, dc))
            return &settings->peers[i];
    return NULL;
}

bool gb_api_key_owner(const struct gb_api_settings *settings, const char *key, struct gb_dc home,
                      struct gb_dc *ret)
{
    if (!gb_key_prefix(key, ret))
        *ret = home;
    return gb_dc_equal(*ret, settings->dc) || gb_api_peer_find(settings, *ret) != NULL;
}
