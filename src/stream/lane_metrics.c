#include "stream/lane_metrics.h"

#include <stdio.h>

struct gb_lane_metrics gb_lane_metrics_of(const char *name)
{
    char labels[64];
    (void)snprintf(labels, sizeof(labels), "lane=\"%s\"", name);
    return (struct gb_lane_metrics){
        .records =
            gb_metric_counter("geobill_lane_records_total", labels,
                              "Records committed with their position, dead letters included."),
        .known = gb_metric_counter(
            "geobill_lane_known_records_total", labels,
            "Records that came again and were passed over: they had been applied before."),
        .dead =
            gb_metric_counter("geobill_lane_dead_letters_total", labels,
                              "Records that could not be applied and went to the dead letters."),
        .retries = gb_metric_counter("geobill_lane_retries_total", labels,
                                     "Batches that were rolled back to be tried again."),
        .fenced = gb_metric_counter("geobill_lane_fenced_total", labels,
                                    "Batches rolled back because another owns the partition."),
        .batch_records =
            gb_metric_size("geobill_lane_batch_records", labels, "Records of one batch."),
        .batch_time = gb_metric_duration("geobill_lane_batch_seconds", labels,
                                         "Time from reading a batch to its commit."),
        .partitions =
            gb_metric_gauge("geobill_lane_partitions", labels, "Partitions assigned now."),
        .connected =
            gb_metric_gauge("geobill_lane_connected", labels, "1 while a broker is connected."),
        .cut_at = gb_metric_gauge(
            "geobill_lane_complete_cut_at_microseconds", labels,
            "When the newest complete page was cut at its source, since 1970; 0: none."),
    };
}
