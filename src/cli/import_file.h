/* import_file.h: a file of movements in memory, checked as a whole before anything is posted. One
 * thread reads it; what has been read is not changed any more, so any thread may look. */
#ifndef GB_CLI_IMPORT_FILE_H
#define GB_CLI_IMPORT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "runtime/digest.h"
#include "runtime/result.h"

#define GB_IMPORT_NONE UINT32_MAX
#define GB_IMPORT_FILE_BYTES_MAX ((size_t)2 * 1024 * 1024 * 1024)
#define GB_IMPORT_PREFIX_MAX 32

enum gb_import_kind { GB_IMPORT_CREDIT, GB_IMPORT_DEBIT, GB_IMPORT_KINDS };

/* How a kind is called in the file, and where it is posted. */
struct gb_import_kind_row {
    const char *name;
    const char *path; /* NULL: cannot be imported yet */
};
extern const struct gb_import_kind_row gb_import_kinds[GB_IMPORT_KINDS];

struct gb_import_movement {
    const char *reference, *date; /* in the file's memory */
    int64_t amount;
    uint32_t next; /* the account's next one, or GB_IMPORT_NONE */
    uint32_t line; /* from 1 */
    enum gb_import_kind kind;
};

struct gb_import_account {
    const char *name;     /* as the file calls it; in the file's memory */
    uint32_t first, last; /* its movements; GB_IMPORT_NONE: none that is posted */
    uint32_t count;       /* how many of them */
    int64_t credits;      /* the sum of its credits, where only those are posted */
    int64_t balance;      /* balance_after of the last line read */
    bool sound;           /* that line had nothing wrong; false also before the first */
    bool begun;           /* a line of it was read */
};

struct gb_import_file {
    char *data; /* size + 1 bytes, zero-terminated; cut into fields by reading */
    size_t size;
    uint8_t digest[GB_DIGEST_SIZE]; /* SHA-256 of the content as it came */
    struct gb_import_movement *movements;
    uint32_t movements_count, movements_room;
    struct gb_import_account *accounts;
    uint32_t accounts_count, accounts_room;
    uint32_t lines_of[GB_IMPORT_KINDS]; /* lines of that kind, posted or left out */
};

/* What is wrong with a file, one line of text each, printed as it is found. */
struct gb_import_problems {
    FILE *out;
    const char *path;
    size_t count;       /* in all */
    size_t printed_max; /* no more are printed */
};

struct gb_import_rules {
    const char *prefix; /* goes before accounts and references */
    bool only_credit;   /* debits are checked and left out */
};

/* Reads the whole regular file (heap; release with gb_import_file_free). GB_POISON: it cannot be
 * read, or is larger than GB_IMPORT_FILE_BYTES_MAX; *ret is NULL. */
enum gb_result gb_import_file_load(const char *path, struct gb_import_file **ret,
                                   struct gb_err *err) GB_MUST_USE;
/* The same of bytes in memory, which are copied. */
struct gb_import_file *gb_import_file_of(const void *data, size_t size);
void gb_import_file_free(struct gb_import_file *file); /* NULL is fine */

/* Reads the lines into movements and accounts; every line that is not sound becomes a problem, all
 * of them, in the order of their numbers. Once a file. With problems the file must not be posted.
 * Takes 60 to 130 bytes of memory a line beside the file itself. */
void gb_import_file_read(struct gb_import_file *file, const struct gb_import_rules *rules,
                         struct gb_import_problems *problems);

/* The sum that an account shows when everything was posted: the sum of the credits when only those
 * are, else the file's own balance. */
int64_t gb_import_expected(const struct gb_import_account *account, bool only_credit);

#endif
