#include "projector/lanes.h"

#include <stdio.h>
#include <string.h>

static enum gb_result open_lane(struct gb_projector_lane *lane, const struct gb_config *config,
                                const char *own, const char *source, struct gb_err *err)
{
    struct gb_dc dc;
    if (!gb_dc_parse(source, &dc))
        return gb_err_set(err, GB_FATAL, "SETTING", "section [kafka.%s]: not a datacenter's code",
                          source);
    gb_topic_name(lane->ledger_topic, source, "ledger");
    (void)snprintf(lane->group, sizeof(lane->group), "geobill.%s.projector.%s", own, source);
    gb_projection_init(&lane->projection, dc);
    lane->streams[0] = (struct gb_lane_stream){lane->ledger_topic, "ledger", source};
    lane->streams[1] = (struct gb_lane_stream){GB_TOPIC_CATALOGUE, "catalogue", source};
    bool catalogue = strcmp(source, gb_config_text(config, "datacenter", "catalogue")) == 0;
    const struct gb_lane_options options = {
        .config = config,
        .role = "projector",
        .name = source,
        .dc = own,
        .cluster = source,
        .group = lane->group,
        .streams = lane->streams,
        .streams_count = catalogue ? 2 : 1,
        .reader = gb_projection_reader(&lane->projection),
    };
    return gb_lane_open(&options, &lane->lane, err);
}

enum gb_result gb_projector_lanes_open(struct gb_projector_lanes *lanes,
                                       const struct gb_config *config, struct gb_err *err)
{
    const char *codes[GB_LANES_MAX + 1];
    const char *own = NULL;
    const char *catalogue = NULL;
    size_t count = gb_config_sections(config, "kafka", codes, GB_LANES_MAX + 1);
    memset(lanes, 0, sizeof(*lanes));
    enum gb_result result = gb_config_need(config, "datacenter", "code", &own, err);
    if (result == GB_OK)
        result = gb_config_need(config, "datacenter", "catalogue", &catalogue, err);
    if (result == GB_OK && count > GB_LANES_MAX)
        result =
            gb_err_set(err, GB_FATAL, "SETTING", "more than %d [kafka.*] sections", GB_LANES_MAX);
    for (size_t i = 0; i < count && result == GB_OK; i++) {
        if (strcmp(codes[i], own) != 0)
            result = open_lane(&lanes->list[lanes->count++], config, own, codes[i], err);
    }
    return result;
}

enum gb_result gb_projector_lanes_close(struct gb_projector_lanes *lanes, struct gb_err *err)
{
    enum gb_result first = GB_OK;
    for (size_t i = 0; i < lanes->count; i++) {
        struct gb_err why;
        enum gb_result result = gb_lane_close(lanes->list[i].lane, &why);
        gb_projection_done(&lanes->list[i].projection);
        if (result != GB_OK && first == GB_OK) {
            first = result;
            *err = why;
        }
    }
    lanes->count = 0;
    return first;
}

bool gb_projector_lanes_ready(const struct gb_projector_lanes *lanes, char *ret_why, size_t size)
{
    ret_why[0] = '\0';
    for (size_t i = 0; i < lanes->count; i++) {
        if (!gb_lane_ready(lanes->list[i].lane, ret_why, size))
            return false;
    }
    return true;
}
