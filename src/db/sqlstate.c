#include "db/sqlstate.h"

#include <stddef.h>
#include <string.h>

/* By prefix, the first that fits: single states stand before their class. */
static const struct {
    const char *prefix;
    enum gb_result result;
} sqlstate_table[] = {
    {"08", GB_RETRY},    /* connection exceptions */
    {"22", GB_POISON},   /* data exceptions: these values will never do */
    {"23", GB_POISON},   /* constraints */
    {"25006", GB_RETRY}, /* read-only: a standby before its promotion */
    {"25P03", GB_RETRY}, /* idle in transaction for too long: the connection is gone */
    {"40", GB_RETRY},    /* serialization failure, deadlock, completion unknown */
    {"53", GB_RETRY},    /* out of memory, disk or connections */
    {"54", GB_POISON},   /* program limits: too big for a row or an index */
    {"55P03", GB_RETRY}, /* lock not available */
    {"57014", GB_RETRY}, /* statement timeout, cancelled */
    {"57P", GB_RETRY},   /* shutting down, crashed, starting up */
    {"58", GB_RETRY},    /* the server's disk */
};

enum gb_result gb_sqlstate_classify(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof sqlstate_table / sizeof sqlstate_table[0]; i++) {
        const char *prefix = sqlstate_table[i].prefix;
        if (strncmp(sqlstate, prefix, strlen(prefix)) == 0)
            return sqlstate_table[i].result;
    }
    return GB_FATAL;
}

bool gb_sqlstate_repeats(const char *sqlstate)
{
    return strcmp(sqlstate, "40001") == 0 || strcmp(sqlstate, "40P01") == 0;
}

static bool is_sqlstate(const char *text)
{
    static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    return strspn(text, allowed) == 5 && text[5] == ':' && text[6] == ' ';
}

bool gb_sqlstate_find(const char *message, char ret[6])
{
    ret[0] = '\0';
    for (const char *at = strstr(message, ":  "); at != NULL; at = strstr(at + 3, ":  ")) {
        if (is_sqlstate(at + 3)) {
            memcpy(ret, at + 3, 5);
            ret[5] = '\0';
            return true;
        }
    }
    return false;
}
