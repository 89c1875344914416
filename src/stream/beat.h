/* beat.h: a daemon's sign of life: its row in table `daemon`, once a second, on a connection of its
 * own. */
#ifndef GB_STREAM_BEAT_H
#define GB_STREAM_BEAT_H

#include "runtime/config.h"
#include "runtime/result.h"

struct gb_beat_options {
    const struct gb_config *config;
    const char
        *role; /* "projector": row, section of `instance` and `listen`, [postgres] user_<role> */
    /* What the daemon is doing, for `geobill status`: one short line. */
    void (*detail)(void *context, char *ret_text, size_t size);
    void *context;
};

/* Beats until gb_stop_asked, in the calling thread (main, while lanes work). A database that is
 * away is tried again with backoff. GB_FATAL when it refuses us. */
enum gb_result gb_beat_until_stop(const struct gb_beat_options *options,
                                  struct gb_err *err) GB_MUST_USE;

#endif
