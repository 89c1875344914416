/* progress.h: how far the streams in our partitions have been read, as in table `progress`. Inside
 * src/stream. */
#ifndef GB_STREAM_PROGRESS_H
#define GB_STREAM_PROGRESS_H

#include "core/stream.h"
#include "db/pg.h"
#include "stream/owned.h"
#include "wire/envelope.h"

struct gb_progress;

struct gb_progress *gb_progress_new(void);
void gb_progress_free(struct gb_progress *progress);
/* Forgets everything. */
void gb_progress_clear(struct gb_progress *progress);
/* Reads what the database has for our partitions, over what is here. */
enum gb_result gb_progress_read(struct gb_progress *progress, const struct gb_owned_set *owned,
                                struct gb_pg *pg, struct gb_arena *arena,
                                struct gb_err *err) GB_MUST_USE;

/* A new attempt: back to what is committed. */
void gb_progress_begin(struct gb_progress *progress);
/* A record with this envelope's mark is part of the batch. */
void gb_progress_count(struct gb_progress *progress, const struct gb_envelope *envelope,
                       const char *topic, int32_t partition);
/* The call that saves what moved; false when nothing did. */
bool gb_progress_save(const struct gb_progress *progress, struct gb_call *call,
                      struct gb_arena *arena, int64_t now_us);
/* After COMMIT. */
void gb_progress_committed(struct gb_progress *progress);
/* When the newest complete page was cut (us), 0 when there is none. */
int64_t gb_progress_cut_at_us(const struct gb_progress *progress);

#endif
