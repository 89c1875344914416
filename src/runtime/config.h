/* config.h: settings from an INI file, GEOBILL__SECTION__KEY variables and -X section.key=value
 * flags (the last wins). All settings stand in one table (config_table.c): an unknown section or
 * key refuses to start, and docs/CONFIGURATION.md is generated from the table. Secrets come from
 * files (`*_file`). A config is not changed after loading: any thread may read it. */
#ifndef GB_RUNTIME_CONFIG_H
#define GB_RUNTIME_CONFIG_H

#include <stddef.h>
#include <stdio.h>

#include "runtime/result.h"

enum gb_setting_kind { GB_SETTING_TEXT, GB_SETTING_INT, GB_SETTING_BOOL };

/* One row of the table. `section` may end in ".*" ("kafka.*" is one section per datacenter:
 * [kafka.dc1]). `key` may be
 * "*": any key is taken and passed through (librdkafka's own settings). */
struct gb_setting {
    const char *section;
    const char *key;
    enum gb_setting_kind kind;
    const char *fallback; /* NULL: must be given by whoever reads it */
    int64_t min, max;     /* of GB_SETTING_INT, in the unit that the key's name ends with */
    const char *about;    /* one or two sentences for the generated documentation */
};
extern const struct gb_setting gb_settings[];
extern const size_t gb_settings_count;

struct gb_config;

/* Reads the file at `path`; then variables from `environ`; then `overrides` ("section.key=value",
 * count of them). GB_FATAL with file, line and name in the error when anything is wrong: unknown or
 * repeated names, numbers out of their range, lines over 8 KiB. The caller frees *ret, which is
 * NULL on failure. */
enum gb_result gb_config_load(const char *path, const char *const *overrides,
                              size_t overrides_count, struct gb_config **ret,
                              struct gb_err *err) GB_MUST_USE;
void gb_config_free(struct gb_config *config); /* NULL is fine */

/* Values; the setting must be in the table (GB_CHECK). Text lives as long as the config. Text
 * without value and fallback: NULL. */
const char *gb_config_text(const struct gb_config *config, const char *section, const char *key);
int64_t gb_config_int(const struct gb_config *config, const char *section, const char *key);
bool gb_config_bool(const struct gb_config *config, const char *section, const char *key);

/* As gb_config_text, GB_FATAL with a clear message when it is not given. */
enum gb_result gb_config_need(const struct gb_config *config, const char *section, const char *key,
                              const char **ret, struct gb_err *err) GB_MUST_USE;

/* Calls `each` for every given key of a section, in file order (for pass-through sections). A key
 * "x_file" is handed over as "x" with what the file holds, read as gb_config_secret does; GB_FATAL
 * when that fails. key and value are valid during the call only. */
enum gb_result gb_config_each(const struct gb_config *config, const char *section,
                              void (*each)(void *context, const char *key, const char *value),
                              void *context, struct gb_err *err) GB_MUST_USE;

/* The suffixes of all given sections "prefix.*", in file order: the datacenters of [kafka.*],
 * [peer.*]. Returns how many there are in all; fills at most `max`. Text lives as long as the
 * config. */
size_t gb_config_sections(const struct gb_config *config, const char *prefix, const char **ret,
                          size_t max);

/* The content of the file that `key` names, without a trailing newline (heap, zero-terminated; the
 * caller frees); NULL when the setting is not given. A relative path is looked for in
 * $CREDENTIALS_DIRECTORY first, then in the folder of the configuration file. GB_FATAL when it
 * cannot be read, is over 64 KiB or holds a zero byte. */
enum gb_result gb_config_secret(const struct gb_config *config, const char *section,
                                const char *key, char **ret, struct gb_err *err) GB_MUST_USE;

/* Writes docs/CONFIGURATION.md from the table. */
void gb_config_document(FILE *out);

#endif
