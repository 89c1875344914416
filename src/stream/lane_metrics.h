/* lane_metrics.h: what /metrics shows of a lane. Inside src/stream. */
#ifndef GB_STREAM_LANE_METRICS_H
#define GB_STREAM_LANE_METRICS_H

#include "runtime/metrics.h"

struct gb_lane_metrics {
    struct gb_metric *records;
    struct gb_metric *known;
    struct gb_metric *dead;
    struct gb_metric *retries;
    struct gb_metric *fenced;
    struct gb_metric *batch_records;
    struct gb_metric *batch_time;
    struct gb_metric *partitions;
    struct gb_metric *connected;
    struct gb_metric *cut_at;
};

/* All with the label lane="<name>". */
struct gb_lane_metrics gb_lane_metrics_of(const char *name);

#endif
