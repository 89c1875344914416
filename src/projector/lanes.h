/* lanes.h: the projector's lanes: one for each other datacenter, on its cluster: its ledger, and
 * the catalogue from the datacenter that writes it. Main thread. */
#ifndef GB_PROJECTOR_LANES_H
#define GB_PROJECTOR_LANES_H

#include "projector/projection.h"
#include "stream/lane.h"

#define GB_LANES_MAX 64

struct gb_projector_lane {
    char ledger_topic[GB_TOPIC_SIZE];
    char group[64];
    struct gb_lane_stream streams[2];
    struct gb_projection projection;
    struct gb_lane *lane;
};

struct gb_projector_lanes {
    struct gb_projector_lane list[GB_LANES_MAX];
    size_t count;
};

/* Opens a lane for every [kafka.*] section but our own. GB_FATAL for settings that cannot work;
 * gb_projector_lanes_close in any case. */
enum gb_result gb_projector_lanes_open(struct gb_projector_lanes *lanes,
                                       const struct gb_config *config,
                                       struct gb_err *err) GB_MUST_USE;
/* After gb_stop_ask. The first failure of a lane, or GB_OK. */
enum gb_result gb_projector_lanes_close(struct gb_projector_lanes *lanes,
                                        struct gb_err *err) GB_MUST_USE;
/* All ready? Any thread. */
bool gb_projector_lanes_ready(const struct gb_projector_lanes *lanes, char *ret_why, size_t size);

#endif
