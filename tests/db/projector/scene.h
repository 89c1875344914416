/* scene.h: the projector of dc1 reading dc2, on a database of its own, and the records that it is
 * given. Failures end the test. Main thread. */
#ifndef GB_TESTS_PROJECTOR_SCENE_H
#define GB_TESTS_PROJECTOR_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/stream/feed.h"
#include "projector/projection.h"
#include "stream/apply.h"
#include "support/postgres.h"

#define LEDGER "geobill.dc2.ledger.v1"

extern struct gb_pg *scene_admin; /* superuser */
extern struct gb_pg *scene_pg;    /* geobill_projector */
extern struct feed *scene_feed;   /* what the next run reads */
extern struct gb_applier *scene_applier;

/* The next place in a topic's only partition: every record is a page of its own. */
struct feed_at scene_at(const char *topic, const char *stream);

/* An entry of "acc-<number>": pay-ins of 10 only, so that the version says it all. */
struct gb_message_ledger_entry scene_entry_of(int64_t account_no, int64_t version);
void scene_put_entry(const struct gb_message_ledger_entry *entry);
void scene_put(int64_t account_no, int64_t version);

/* The catalogue's account of that number; its name is "Name <number>". */
struct gb_message_catalogue_account scene_account_of(int64_t account_no, int64_t version,
                                                     enum gb_account_status status);
void scene_put_account(const struct gb_message_catalogue_account *account);

/* Applies what was put, in one batch that must succeed. */
struct gb_applied scene_run(void);
/* A number from a query with one value. */
int64_t scene_look(const char *query);

#define ENTRIES "SELECT count(*) FROM replicated_ledger WHERE dc = 'dc2'"
#define SHARE(column, account)                                                                     \
    "SELECT " column " FROM replicated_share WHERE dc = 'dc2' AND account_no = " account
#define DEAD(code) "SELECT count(*) FROM dead_letter WHERE code = '" code "'"

/* `geobill replica rebuild dc2` for a stream, and what its lane sees of it: fenced, then anew. */
void scene_rebuild(const char *stream);
void scene_expect_fenced(void);
void scene_take_again(const char *topic);

int scene_before_all(void **state);
int scene_after_all(void **state);
int scene_before_each(void **state);
int scene_after_each(void **state);

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_before_each, scene_after_each)

#endif
