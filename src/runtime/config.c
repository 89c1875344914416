#include "runtime/config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/config_entries.h"

enum { FILE_BYTES_MAX = 1024 * 1024, ENTRIES_MAX = 4096, SUFFIX_BYTES_MAX = 31 };

static char *copy_text(const char *text)
{
    char *copy = strdup(text);
    GB_CHECK(copy != NULL);
    return copy;
}

/* "dc1": what may stand in place of the star of "kafka.*". */
static bool is_suffix(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return length > 0 && length <= SUFFIX_BYTES_MAX && text[length] == '\0';
}

static bool section_matches(const char *pattern, const char *section)
{
    size_t length = strlen(pattern);
    if (length < 2 || strcmp(pattern + length - 2, ".*") != 0)
        return strcmp(pattern, section) == 0;
    return strncmp(pattern, section, length - 1) == 0 && is_suffix(section + length - 1);
}

const struct gb_setting *gb_config_find_setting(const char *section, const char *key,
                                                const char *origin, struct gb_err *err)
{
    const struct gb_setting *any = NULL;
    bool section_known = false;
    for (size_t i = 0; i < gb_settings_count; i++) {
        const struct gb_setting *setting = &gb_settings[i];
        if (!section_matches(setting->section, section))
            continue;
        section_known = true;
        if (strcmp(setting->key, key) == 0)
            return setting;
        if (strcmp(setting->key, "*") == 0)
            any = setting;
    }
    if (any == NULL && !section_known)
        gb_err_set(err, GB_FATAL, "CONFIG", "%s: unknown section [%s]", origin, section);
    else if (any == NULL)
        gb_err_set(err, GB_FATAL, "CONFIG", "%s: unknown key \"%s\" in section [%s]", origin, key,
                   section);
    return any;
}

struct gb_config_entry *gb_config_find_entry(const struct gb_config *config, const char *section,
                                             const char *key)
{
    for (size_t i = 0; i < config->count; i++) {
        struct gb_config_entry *entry = &config->entries[i];
        if (strcmp(entry->key, key) == 0 && strcmp(entry->section, section) == 0)
            return entry;
    }
    return NULL;
}

static bool parse_int(const char *text, int64_t *ret)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || strchr(" \t\n\v\f\r+", *text) != NULL)
        return false;
    *ret = number;
    return true;
}

static bool parse_bool(const char *text, bool *ret)
{
    static const char *const words[] = {"false", "no", "off", "true", "yes", "on"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(text, words[i]) == 0) {
            *ret = i >= 3;
            return true;
        }
    }
    return false;
}

static enum gb_result check_value(const struct gb_setting *setting,
                                  const struct gb_config_given *given, struct gb_err *err)
{
    int64_t number;
    bool flag;
    switch (setting->kind) {
    case GB_SETTING_TEXT:
        return GB_OK;
    case GB_SETTING_BOOL:
        if (parse_bool(given->value, &flag))
            return GB_OK;
        return gb_err_set(err, GB_FATAL, "CONFIG", "%s: [%s] %s: \"%.64s\" is not true or false",
                          given->origin, given->section, given->key, given->value);
    case GB_SETTING_INT:
        if (!parse_int(given->value, &number))
            return gb_err_set(err, GB_FATAL, "CONFIG",
                              "%s: [%s] %s: \"%.64s\" is not a whole number", given->origin,
                              given->section, given->key, given->value);
        if (number >= setting->min && number <= setting->max)
            return GB_OK;
        return gb_err_set(err, GB_FATAL, "CONFIG", "%s: [%s] %s: %lld is outside %lld to %lld",
                          given->origin, given->section, given->key, (long long)number,
                          (long long)setting->min, (long long)setting->max);
    }
    return GB_OK;
}

static void entry_free(struct gb_config_entry *entry)
{
    free(entry->section);
    free(entry->key);
    free(entry->value);
    free(entry->origin);
}

static struct gb_config_entry *entry_append(struct gb_config *config)
{
    if (config->count == config->capacity) {
        config->capacity = config->capacity == 0 ? 64 : config->capacity * 2;
        config->entries = reallocarray(config->entries, config->capacity, sizeof(*config->entries));
        GB_CHECK(config->entries != NULL);
    }
    return &config->entries[config->count++];
}

enum gb_result gb_config_put(struct gb_config *config, const struct gb_config_given *given,
                             struct gb_err *err)
{
    const struct gb_setting *setting =
        gb_config_find_setting(given->section, given->key, given->origin, err);
    if (setting == NULL)
        return GB_FATAL;
    enum gb_result result = check_value(setting, given, err);
    if (result != GB_OK)
        return result;
    struct gb_config_entry *entry = gb_config_find_entry(config, given->section, given->key);
    if (entry != NULL && !given->replaces)
        return gb_err_set(err, GB_FATAL, "CONFIG", "%s: [%s] %s: given before at %s", given->origin,
                          given->section, given->key, entry->origin);
    if (entry == NULL && config->count == ENTRIES_MAX)
        return gb_err_set(err, GB_FATAL, "CONFIG", "%s: more than %d settings", given->origin,
                          ENTRIES_MAX);
    if (entry != NULL)
        entry_free(entry);
    else
        entry = entry_append(config);
    *entry = (struct gb_config_entry){.setting = setting,
                                      .section = copy_text(given->section),
                                      .key = copy_text(given->key),
                                      .value = copy_text(given->value),
                                      .origin = copy_text(given->origin)};
    return GB_OK;
}

static enum gb_result load(struct gb_config *config, const char *const *overrides,
                           size_t overrides_count, struct gb_err *err)
{
    char *text;
    size_t size;
    enum gb_result result = gb_config_slurp(config->path, FILE_BYTES_MAX, &text, &size, err);
    if (result != GB_OK)
        return result;
    result = gb_config_read_text(config, config->path, text, size, err);
    free(text);
    if (result == GB_OK)
        result = gb_config_read_variables(config, environ, err);
    for (size_t i = 0; i < overrides_count && result == GB_OK; i++)
        result = gb_config_read_override(config, overrides[i], err);
    return result;
}

enum gb_result gb_config_load(const char *path, const char *const *overrides,
                              size_t overrides_count, struct gb_config **ret, struct gb_err *err)
{
    struct gb_config *config = calloc(1, sizeof(*config));
    GB_CHECK(config != NULL);
    config->path = copy_text(path);
    enum gb_result result = load(config, overrides, overrides_count, err);
    if (result != GB_OK) {
        gb_config_free(config);
        config = NULL;
    }
    *ret = config;
    return result;
}

void gb_config_free(struct gb_config *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; i < config->count; i++)
        entry_free(&config->entries[i]);
    free(config->entries);
    free(config->path);
    free(config);
}

/* The given value or the fallback; the name must be in the table. */
static const char *value_of(const struct gb_config *config, const char *section, const char *key,
                            enum gb_setting_kind kind)
{
    const struct gb_setting *setting = gb_config_find_setting(section, key, "code", NULL);
    GB_CHECK(setting != NULL && setting->kind == kind);
    const struct gb_config_entry *entry = gb_config_find_entry(config, section, key);
    return entry != NULL ? entry->value : setting->fallback;
}

const char *gb_config_text(const struct gb_config *config, const char *section, const char *key)
{
    return value_of(config, section, key, GB_SETTING_TEXT);
}

int64_t gb_config_int(const struct gb_config *config, const char *section, const char *key)
{
    const char *text = value_of(config, section, key, GB_SETTING_INT);
    int64_t number = 0;
    GB_CHECK(text != NULL && parse_int(text, &number));
    return number;
}

bool gb_config_bool(const struct gb_config *config, const char *section, const char *key)
{
    const char *text = value_of(config, section, key, GB_SETTING_BOOL);
    bool flag = false;
    GB_CHECK(text != NULL && parse_bool(text, &flag));
    return flag;
}

enum gb_result gb_config_need(const struct gb_config *config, const char *section, const char *key,
                              const char **ret, struct gb_err *err)
{
    const char *text = gb_config_text(config, section, key);
    if (text == NULL || *text == '\0')
        return gb_err_set(err, GB_FATAL, "CONFIG", "%s: [%s] %s must be given", config->path,
                          section, key);
    *ret = text;
    return GB_OK;
}

size_t gb_config_sections(const struct gb_config *config, const char *prefix, const char **ret,
                          size_t max)
{
    size_t length = strlen(prefix), found = 0;
    for (size_t i = 0; i < config->count; i++) {
        const char *section = config->entries[i].section;
        if (strncmp(section, prefix, length) != 0 || section[length] != '.')
            continue;
        bool seen = false;
        for (size_t earlier = 0; earlier < i && !seen; earlier++)
            seen = strcmp(config->entries[earlier].section, section) == 0;
        if (seen)
            continue;
        if (found < max)
            ret[found] = section + length + 1;
        found++;
    }
    return found;
}
