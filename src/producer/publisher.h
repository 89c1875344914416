/* publisher.h: the whole of geobill-publisher: standby until the lease is ours, then one sender per
 * destination cluster, until it is lost or we are asked to stop. */
#ifndef GB_PRODUCER_PUBLISHER_H
#define GB_PRODUCER_PUBLISHER_H

#include "producer/settings.h"

/* Runs until gb_stop_asked. Main thread. GB_FATAL when it cannot even begin. */
enum gb_result gb_publisher_run(const struct gb_publisher_settings *settings,
                                struct gb_err *err) GB_MUST_USE;

#endif
