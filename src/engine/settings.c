#include <string.h>

#include "engine/engine.h"

static enum gb_result read_peers(const struct gb_config *config, struct gb_engine_options *options,
                                 struct gb_err *err)
{
    const char *codes[GB_PEERS_MAX + 1];
    size_t count = gb_config_sections(config, "peer", codes, GB_PEERS_MAX + 1);
    if (count > GB_PEERS_MAX + 1)
        return gb_err_set(err, GB_FATAL, "SETTING_INVALID", "more than %d [peer.*]", GB_PEERS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct gb_dc peer;
        if (!gb_dc_parse(codes[i], &peer))
            return gb_err_set(err, GB_FATAL, "SETTING_INVALID", "[peer.%.32s] is no datacenter",
                              codes[i]);
        if (gb_dc_equal(peer, options->dc))
            continue;
        if (options->peers_count == GB_PEERS_MAX)
            return gb_err_set(err, GB_FATAL, "SETTING_INVALID", "more than %d [peer.*]",
                              GB_PEERS_MAX);
        options->peers[options->peers_count++] = peer;
    }
    return GB_OK;
}

enum gb_result gb_engine_settings_read(const struct gb_config *config, struct gb_wake_sender *wake,
                                       struct gb_engine_options *ret, struct gb_err *err)
{
    const char *code;
    enum gb_result result = gb_config_need(config, "datacenter", "code", &code, err);
    if (result != GB_OK)
        return result;
    *ret = (struct gb_engine_options){
        .reserve =
            {
                .reask_after_us = gb_config_int(config, "reserve", "reask_after_ms") * 1000,
                .reask_backoff_us_max =
                    gb_config_int(config, "reserve", "reask_backoff_ms_max") * 1000,
                .ask_ttl_us = gb_config_int(config, "reserve", "ask_ttl_ms") * 1000,
                .prefetch_max = gb_config_int(config, "reserve", "prefetch_max"),
                .low_water = gb_config_int(config, "reserve", "low_water"),
                .skew_us_max = gb_config_int(config, "reserve", "clock_skew_ms_max") * 1000,
            },
        .waiting_max = (size_t)gb_config_int(config, "reserve", "waiting_max"),
        .wake = wake,
    };
    if (!gb_dc_parse(code, &ret->dc))
        return gb_err_set(err, GB_FATAL, "SETTING_INVALID", "[datacenter] code is no code");
    return read_peers(config, ret, err);
}
