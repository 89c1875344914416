/* sweep.h: keeps time: shares that nobody moves follow their account's status and confirm closings,
 * the catalogue's accounts become CLOSED, overdue pay-ins are tried again, what waits for money is
 * asked for again and refused at its deadline, holds expire, proposals about dead letters are
 * carried out. A thread with its own connection; one leader per datacenter. */
#ifndef GB_CONSUMER_SWEEP_H
#define GB_CONSUMER_SWEEP_H

#include "engine/engine.h"
#include "runtime/config.h"

struct gb_sweep;

struct gb_sweep_options {
    const struct gb_config *config;
    bool is_catalogue; /* accounts are written here */
    const struct gb_engine_options *engine;
};

/* Starts the thread. *options is copied; what it points to outlives the sweep. */
struct gb_sweep *gb_sweep_open(const struct gb_sweep_options *options);
/* After gb_stop_ask: waits for the thread's end and frees. GB_FATAL with what ended it early. NULL
 * is fine. */
enum gb_result gb_sweep_close(struct gb_sweep *sweep, struct gb_err *err) GB_MUST_USE;

#endif
