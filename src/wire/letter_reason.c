#include "wire/letter_reason.h"

#include <string.h>

#define FOREIGN_WRITER                                                                             \
    "Find out who wrote it: topics are for the publishers alone. Park it; replaying it changes "   \
    "nothing."
#define OTHER_VERSION                                                                              \
    "If a newer datacenter sent it: bring this one up to the same version, then replay. If a "     \
    "foreign program wrote it: park it."
#define CONTRADICTION                                                                              \
    "Stop and find out before anything else: run `geobill verify`. Somebody changed a database "   \
    "by hand, or a database went back in time. Replay only when the cause is mended."

const struct gb_letter_reason gb_letter_reasons[] = {
    {"HEADER_INVALID", "A header that every message of ours has is missing or wrong.",
     FOREIGN_WRITER},
    {"STREAM_UNEXPECTED", "Its headers name a stream that does not belong on this topic.",
     FOREIGN_WRITER},
    {"FRAME_INVALID", "Its value does not begin as every message of ours does.", FOREIGN_WRITER},
    {"SCHEMA_UNKNOWN", "It is written with a schema that this program does not know.",
     OTHER_VERSION},
    {"AVRO_INVALID", "Its bytes are not what its schema says.", OTHER_VERSION},
    {"FIELD_INVALID", "A field has a value that it must not have.", OTHER_VERSION},
    {"TYPE_UNEXPECTED", "It is a message of another type than its stream carries.", FOREIGN_WRITER},
    {"KIND_UNEXPECTED", "It is a message of a kind that this topic does not carry.",
     FOREIGN_WRITER},
    {"SOURCE_MISMATCH", "Its body is of another datacenter than its headers.", FOREIGN_WRITER},
    {"SOURCE_CONTRADICTED", "Its body is of another datacenter than its headers.", FOREIGN_WRITER},
    {"WRONG_DATACENTER", "It is meant for another datacenter.",
     "Compare the [kafka.*] and [topics] settings of both datacenters, mend them, then park it: "
     "what is still needed is sent again by its stream."},
    {"UNKNOWN_DATACENTER", "It is of a datacenter that this one's configuration does not name.",
     "Add the [peer.*] and [kafka.*] sections, start the daemons anew, then replay."},
    {"COMMAND_INVALID", "It asks for something that no command of ours may ask for.",
     OTHER_VERSION},
    {"ACCOUNT_CONTRADICTED", "Its account is known here by another number or currency.",
     CONTRADICTION},
    {"HOLD_CONTRADICTED", "It names a hold that is not here, or is another account's.",
     CONTRADICTION},
    {"OPERATION_CONTRADICTED", "It says another thing about an operation than what was accepted.",
     CONTRADICTION},
    {"RELAY_UNKNOWN", "It answers a command that was never relayed from here.", CONTRADICTION},
    {"RESULT_CONTRADICTED", "It answers a relayed command otherwise than the first answer did.",
     CONTRADICTION},
    {"REPLICA_CONFLICT", "It has the version of what is known here, with other content.",
     CONTRADICTION},
    {"LINK_CONTRADICTED", "Its totals are impossible beside those that are known here.",
     CONTRADICTION},
    {"FOREIGN_FAILURE", "Another program could not process it and wrote it to our dead letters.",
     "Mend that program; `message` is what it said. Then replay: readers of ours know it already "
     "and change nothing."},
    {"22", "The database found a value that its type does not take.",
     "Report it: a value should have been refused before. Replay after an update."},
    {"23", "A constraint of the database refused what it would do.",
     "Find out which one (`message` names it) and run `geobill verify`. Replay when the cause is "
     "mended."},
};
const size_t gb_letter_reasons_count = sizeof(gb_letter_reasons) / sizeof(gb_letter_reasons[0]);

static const struct gb_letter_reason unknown = {
    "", "It could not be applied.",
    "`message` says what is known. Replay when the cause is mended."};

const struct gb_letter_reason *gb_letter_reason_of(const char *code)
{
    bool sqlstate = strlen(code) == 5 && code[0] == '2';
    for (size_t i = 0; i < gb_letter_reasons_count; i++) {
        const struct gb_letter_reason *row = &gb_letter_reasons[i];
        if (strcmp(row->code, code) == 0 ||
            (sqlstate && strncmp(row->code, code, 2) == 0 && row->code[2] == '\0'))
            return row;
    }
    return &unknown;
}
