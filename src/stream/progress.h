/* progress.h: how far the streams on our topics have been read, as in table `progress`. Inside
 * src/stream.
 *
 * A row claims that records have been applied. That is written in their own transaction, so it is
 * true, and it stays true, whoever wrote it: the owner of the partition, a zombie, or who read the
 * records from the source's table. So no claim needs a fence. The row takes a claim that is not
 * lower than its own (incarnation, then complete) and ignores a lower one. What a reader has in
 * memory is a copy, true as well, perhaps older: it is read anew when a record shows a hole, before
 * that counts. Only a replica that is rebuilt takes claims back (rebuild_replica); it raises the
 * fences in the same transaction, so whoever reads the topic is refused. */
#ifndef GB_STREAM_PROGRESS_H
#define GB_STREAM_PROGRESS_H

#include "bus/record.h"
#include "core/stream.h"
#include "db/pg.h"
#include "wire/envelope.h"

struct gb_progress;

struct gb_progress *gb_progress_new(void);
void gb_progress_free(struct gb_progress *progress);
/* Forgets everything. */
void gb_progress_clear(struct gb_progress *progress);
/* Reads what the database has for these topics, all partitions, over what is here. */
enum gb_result gb_progress_read(struct gb_progress *progress, const char *const *topics,
                                size_t topics_count, struct gb_pg *pg, struct gb_arena *arena,
                                struct gb_err *err) GB_MUST_USE;
/* False after gb_progress_clear. */
bool gb_progress_known(const struct gb_progress *progress);

/* A new attempt: back to what is committed. */
void gb_progress_begin(struct gb_progress *progress);
/* A record with this envelope's mark is part of the batch. False: a page before it is missing.
 * *ret_known: it was applied before, or comes twice in the batch. */
bool gb_progress_count(struct gb_progress *progress, const struct gb_envelope *envelope,
                       const char *topic, int32_t partition, bool *ret_known);
/* The call that saves what moved; false when nothing did. */
bool gb_progress_save(const struct gb_progress *progress, struct gb_call *call,
                      struct gb_arena *arena, int64_t now_us);
/* After COMMIT. */
void gb_progress_committed(struct gb_progress *progress);
/* When the newest complete page was cut (us), 0 when there is none. */
int64_t gb_progress_cut_at_us(const struct gb_progress *progress);

#endif
