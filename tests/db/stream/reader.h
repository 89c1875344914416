/* reader.h: a reader for tests of the applier: keeps each record's text as a row of table
 * `applied`; the text "bad" breaks a constraint, "dead" is a dead letter,
 * "large" finds no room in a batch with others. */
#ifndef GB_TEST_STREAM_READER_H
#define GB_TEST_STREAM_READER_H

#include "stream/apply.h"
#include "support/postgres.h"

#define TOPIC "geobill.dc2.ledger.v1"

extern struct gb_pg *reader_admin; /* looks, and ends connections */

struct reader {
    int to_retry; /* attempts that say GB_RETRY */
    bool fussy;   /* says GB_RETRY to a record that comes alone and is "c" */
    bool lose;    /* loses the connection in the middle of the next transaction */
    bool open;    /* opens the transaction itself */
    int applied;
    int committed;
};

/* Reads the ledger of dc2, and what others say to dc1 on the topic "others". */
struct gb_applier *applier_new(struct reader *reader, size_t records_max);

#endif
