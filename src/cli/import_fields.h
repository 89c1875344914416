/* import_fields.h: the fields of one line of movements, checked one by one. Any thread. */
#ifndef GB_CLI_IMPORT_FIELDS_H
#define GB_CLI_IMPORT_FIELDS_H

#include "cli/import_file.h"

#define GB_IMPORT_FIELDS 6
#define GB_IMPORT_HEADER "reference,date,account,kind,amount_minor,balance_after_minor"
extern const char *const gb_import_columns[GB_IMPORT_FIELDS];

/* Text of a line that is wrong may be long or hold anything: it is shown cut, and without what is
 * not printable ASCII. */
#define GB_IMPORT_WRONG_SIZE 160

struct gb_import_fields {
    const char *reference, *date, *account; /* the texts given; NULL: not sound */
    enum gb_import_kind kind;
    int64_t amount;        /* 1 .. GB_AMOUNT_MAX */
    int64_t balance_after; /* 0 .. GB_BALANCE_MAX */
};

/* Reads the texts of the six columns; `prefix` is what will stand before reference and account.
 * Returns how many are wrong, each said in `wrongs`; then only the members reference and account
 * can be used, where they are not NULL. */
size_t gb_import_read_fields(char *const texts[GB_IMPORT_FIELDS], const char *prefix,
                             struct gb_import_fields *ret,
                             char wrongs[GB_IMPORT_FIELDS][GB_IMPORT_WRONG_SIZE]);

#endif
