/* world.h: everything there is in one simulated history: the source's database and its two
 * publishers, the log at the broker, the readers' databases and their processes, and what is under
 * way. One thread; the seed decides everything. All rules are those of src/core; what is here
 * stands for PostgreSQL, Kafka and the network. */
#ifndef GB_TEST_MODEL_WORLD_H
#define GB_TEST_MODEL_WORLD_H

#include "core/flights.h"
#include "model.h"

enum {
    PARTITIONS = 2,
    READERS = 2, /* datacenters that read, at most */
    MEMBERS = 2, /* processes of each that may believe that they own a partition */
    PUBLISHERS = 2,
    ROWS_MAX = 40,
    PAGES_MAX = 3 * ROWS_MAX,
    PAGE_RECORDS_MAX = 3,
    MERGED_RECORDS_MAX = 10,
    MERGED_PAGES_MIN = 3,
    AGAIN_RECORDS_MAX = 12,
    LOG_MAX = 1024,
    QUEUE_MAX = 64, /* records that a publisher has under way */
    WORDS_MAX = 6,
};
#define STEP_US INT64_C(1000)

/* What stands in a page for each partition: a bit per row. Rows are in the order of their bits. */
struct page {
    int64_t number;
    uint64_t rows[PARTITIONS];
    int64_t previous[PARTITIONS];
    bool begins, ends;         /* the window */
    int64_t window, window_to; /* numbers of the first pages of the first and the last window */
};

/* A record as it lies in the log. */
struct record {
    uint8_t page, previous, index, count, row;
};

struct log {
    struct record records[LOG_MAX];
    int64_t base; /* offset of records[0] */
    int start, end;
};

/* The source's database. */
struct store {
    struct page pages[PAGES_MAX + 1]; /* by number; number 0: not there */
    int64_t last;
    int rows[PARTITIONS]; /* drawn */
    uint64_t open[PARTITIONS], committed[PARTITIONS], cut[PARTITIONS];
    bool saved; /* what was written down of what is sent: */
    int64_t saved_cut[PARTITIONS], saved_sent[PARTITIONS], as_of;
    int64_t acknowledged[READERS][PARTITIONS], heard_at_us[READERS];
    int32_t records[READERS][PARTITIONS]; /* of the next page */
    struct gb_stream_word word[READERS];
    int holder; /* of the lease */
};

struct under_way {
    struct record record;
    int partition;
    uint64_t tag;
};

/* A publisher's memory. */
struct publisher {
    bool loaded, known; /* known: has been loaded once since its start */
    int64_t frozen_until_us;
    struct gb_stream_source source;
    struct gb_stream_partition partitions[PARTITIONS];
    struct gb_stream_reader readers[PARTITIONS][READERS];
    int64_t heard_at_us[READERS];
    uint64_t seen[PARTITIONS]; /* rows below the end of the stream, as it knows */
    bool fresh;                /* a window was read: */
    struct page page;
    struct gb_stream_pace pace;
    int64_t merged_to;
    struct under_way queue[QUEUE_MAX];
    int queued;
    /* Of the checks. */
    int64_t heard[PARTITIONS][READERS], back_at_us[PARTITIONS][READERS];
    int32_t heard_records[PARTITIONS][READERS];
    int64_t moved_at_us[PARTITIONS][READERS];
    int backs[PARTITIONS][READERS];
    int64_t again_since; /* records sent again since a reader moved or we went back */
};

/* What a reader's database has of a partition. */
struct kept {
    struct gb_stream_progress progress;
    uint64_t applied;
    int64_t fence, next_offset;
};

/* A process of a reader, in one partition. */
struct member {
    bool owns, known;
    int64_t frozen_until_us;
    int64_t fence, next_offset;
    struct gb_stream_progress progress; /* its copy */
    bool busy;                          /* a transaction is open: */
    bool positioned;
    uint64_t rows;
    struct gb_stream_progress pending;
    int64_t moves_to;
};

/* What a reader tells the source. */
struct word {
    struct gb_stream_word word;
    int64_t pages[PARTITIONS];
    int32_t records[PARTITIONS];
};

struct reader {
    struct kept kept[PARTITIONS], backup[PARTITIONS];
    struct member members[MEMBERS][PARTITIONS];
    struct word words[WORDS_MAX];
    int words_count;
    int64_t silent_until_us;
    int64_t newest_us; /* of the words that arrived */
    uint64_t ever[PARTITIONS];
};

/* What kind of stream it is. */
struct kind {
    int readers;
    bool own;     /* its reader is our own consumer: heard through its tables, fed from ours */
    bool forgets; /* else merges */
};

struct world {
    struct finding *finding;
    struct totals *totals;
    uint64_t random;
    int64_t now_us;
    bool faults;
    struct kind kind;
    bool feeds;  /* what does not come from the log is read from the table */
    bool slow;   /* rows come seldom: pages of one or two */
    bool sparse; /* the second partition has a few rows at the beginning only */
    struct store store;
    uint64_t windows[PAGES_MAX + 1][PARTITIONS]; /* rows of a window, by the number of its first
                                                    page */
    uint64_t upto[PAGES_MAX + 1][PARTITIONS];    /* rows of all pages up to a number */
    uint64_t confirmed[PARTITIONS];              /* rows that the broker has confirmed */
    struct page sent[PAGES_MAX + 1][3];          /* as which each page was ever sent */
    struct log logs[PARTITIONS];
    struct reader readers[READERS];
    struct publisher publishers[PUBLISHERS];
    struct gb_flights flights[PUBLISHERS];
    struct gb_flight_part parts[PUBLISHERS][GB_FLIGHTS_MAX][PARTITIONS];
};

extern const struct gb_stream_limits LIMITS;

/* A number below `below`, and a fault that happens once in so many times. */
uint64_t draw(struct world *w, uint64_t below);
bool chance(struct world *w, uint64_t in);
/* The first thing found counts. */
void found(struct world *w, const char *what);

/* simulate_source.c: rows, and one step of a publisher. */
void commit_rows(struct world *w);
void crash_publisher(struct world *w, int at);
void step_publisher(struct world *w, int at);
/* The first stored page from a number on; NULL: none. */
const struct page *page_from(const struct world *w, int64_t number);

/* simulate_log.c: the broker takes one record of a publisher; what happens to a log. */
void append(struct world *w, int partition, struct record record);
void deliver(struct world *w, int at);
void harm_log(struct world *w, int partition);

/* simulate_reader.c: one step of a process of a reader; what it tells; what happens to it. */
void step_member(struct world *w, int reader, int member, int partition);
void tell(struct world *w, int reader);
void hear_word(struct world *w, int reader);
void harm_reader(struct world *w, int reader);
/* Its replica is emptied, under its processes' feet. */
void rebuild(struct world *w, int reader);

/* check_world.c */
void check_page_sent(struct world *w, const struct page *page);
void check_kept(struct world *w, int reader, int partition, int64_t complete_before);
void check_saved(struct world *w);
void check_given_up(struct world *w, const struct page *page, bool forgotten);
void check_merged(struct world *w, const struct page *page);
void check_judged(struct world *w, struct publisher *publisher);
void check_sent_again(struct world *w, struct publisher *publisher, int64_t records);
/* All rows are cut, sent and complete everywhere, nothing is under way, rows are few. */
bool at_rest(const struct world *w);

#endif
