/* config_entries.h: what config.c, config_read.c and config_secret.c share: the given settings in
 * the order given. */
#ifndef GB_RUNTIME_CONFIG_ENTRIES_H
#define GB_RUNTIME_CONFIG_ENTRIES_H

#include "runtime/config.h"

struct gb_config_entry {
    const struct gb_setting *setting;
    char *section, *key, *value;
    char *origin;
};

/* One setting as a source gives it, all text the source's. */
struct gb_config_given {
    const char *section, *key, *value;
    const char *origin; /* "file:line", "variable NAME" or "-X name": for messages */
    bool replaces;      /* an earlier one; else that is refused */
};

struct gb_config {
    char *path;
    struct gb_config_entry *entries;
    size_t count, capacity;
};

/* The row of the table for a given name. NULL and GB_FATAL in *err when there is none; `origin`
 * goes into the text. */
const struct gb_setting *gb_config_find_setting(const char *section, const char *key,
                                                const char *origin, struct gb_err *err);

/* The given entry, or NULL. */
struct gb_config_entry *gb_config_find_entry(const struct gb_config *config, const char *section,
                                             const char *key);

/* Takes one setting, checked against the table (all text is copied). GB_FATAL on anything wrong. */
enum gb_result gb_config_put(struct gb_config *config, const struct gb_config_given *given,
                             struct gb_err *err) GB_MUST_USE;

/* The three sources. `text` is changed in place. */
enum gb_result gb_config_read_text(struct gb_config *config, const char *name, char *text,
                                   size_t size, struct gb_err *err) GB_MUST_USE;
enum gb_result gb_config_read_variables(struct gb_config *config, char *const *variables,
                                        struct gb_err *err) GB_MUST_USE;
enum gb_result gb_config_read_override(struct gb_config *config, const char *override,
                                       struct gb_err *err) GB_MUST_USE;

/* A whole file of at most bytes_max (heap, zero-terminated; the caller frees). */
enum gb_result gb_config_slurp(const char *path, size_t bytes_max, char **ret, size_t *ret_size,
                               struct gb_err *err) GB_MUST_USE;

#endif
