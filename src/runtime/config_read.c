#include "runtime/config_entries.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES_MAX = 8192, NAME_BYTES_MAX = 256, ORIGIN_BYTES_MAX = 300 };

static const char VARIABLE_PREFIX[] = "GEOBILL__";

/* Without blanks at both ends, in place. */
static char *trim(char *text)
{
    text += strspn(text, " \t\r");
    size_t size = strlen(text);
    while (size > 0 && strchr(" \t\r", text[size - 1]) != NULL)
        size--;
    text[size] = '\0';
    return text;
}

/* One line of the file. `section` (NAME_BYTES_MAX) is carried from line to line. */
static enum gb_result read_line(struct gb_config *config, const char *origin, char *line,
                                char *section, struct gb_err *err)
{
    line = trim(line);
    if (*line == '\0' || *line == '#' || *line == ';')
        return GB_OK;
    size_t size = strlen(line);
    if (*line == '[') {
        if (line[size - 1] != ']' || size < 3 || size > NAME_BYTES_MAX)
            return gb_err_set(err, GB_FATAL, "CONFIG", "%s: not a section: %.64s", origin, line);
        line[size - 1] = '\0';
        (void)snprintf(section, NAME_BYTES_MAX, "%s", trim(line + 1));
        return GB_OK;
    }
    char *equals = strchr(line, '=');
    if (equals == NULL || equals == line)
        return gb_err_set(err, GB_FATAL, "CONFIG", "%s: neither [section] nor key=value: %.64s",
                          origin, line);
    *equals = '\0';
    char *key = trim(line), *value = trim(equals + 1);
    if (*section == '\0')
        return gb_err_set(err, GB_FATAL, "CONFIG", "%s: key \"%.64s\" stands before any [section]",
                          origin, key);
    const struct gb_config_given given = {section, key, value, origin, .replaces = false};
    return gb_config_put(config, &given, err);
}

enum gb_result gb_config_read_text(struct gb_config *config, const char *name, char *text,
                                   size_t size, struct gb_err *err)
{
    char section[NAME_BYTES_MAX] = "";
    enum gb_result result = GB_OK;
    unsigned number = 1;
    for (char *line = text, *end = text + size; line < end && result == GB_OK; number++) {
        size_t left = (size_t)(end - line);
        char *newline = memchr(line, '\n', left);
        size_t length = newline != NULL ? (size_t)(newline - line) : left;
        char origin[ORIGIN_BYTES_MAX];
        (void)snprintf(origin, sizeof(origin), "%.280s:%u", name, number);
        if (length > LINE_BYTES_MAX)
            return gb_err_set(err, GB_FATAL, "CONFIG", "%s: line longer than %d bytes", origin,
                              LINE_BYTES_MAX);
        if (memchr(line, '\0', length) != NULL)
            return gb_err_set(err, GB_FATAL, "CONFIG", "%s: zero byte in the line", origin);
        line[length] = '\0';
        result = read_line(config, origin, line, section, err);
        line += length + 1;
    }
    return result;
}

enum gb_result gb_config_read_override(struct gb_config *config, const char *override,
                                       struct gb_err *err)
{
    char name[NAME_BYTES_MAX], section[NAME_BYTES_MAX], origin[ORIGIN_BYTES_MAX];
    const char *equals = strchr(override, '=');
    if (equals == NULL || (size_t)(equals - override) >= sizeof(name))
        return gb_err_set(err, GB_FATAL, "CONFIG", "-X %.64s: not section.key=value", override);
    (void)snprintf(name, sizeof(name), "%.*s", (int)(equals - override), override);
    (void)snprintf(origin, sizeof(origin), "-X %s", name);
    /* Keys have dots too ("kafka.dc1.bootstrap.servers"): the shortest section that the table
     * knows. */
    for (const char *dot = strchr(name, '.'); dot != NULL; dot = strchr(dot + 1, '.')) {
        (void)snprintf(section, sizeof(section), "%.*s", (int)(dot - name), name);
        if (gb_config_find_setting(section, dot + 1, origin, NULL) == NULL)
            continue;
        const struct gb_config_given given = {section, dot + 1, equals + 1, origin,
                                              .replaces = true};
        return gb_config_put(config, &given, err);
    }
    return gb_err_set(err, GB_FATAL, "CONFIG", "%s: unknown setting", origin);
}

/* Whether `given` (of a variable) stands for `name`: case does not count, and '_' stands for '.',
 * '-' and '_'. */
static bool same_name(const char *given, const char *name)
{
    for (; *given != '\0' && *name != '\0'; given++, name++) {
        int want = *name == '.' || *name == '-' ? '_' : (unsigned char)*name;
        if (tolower((unsigned char)*given) != tolower(want))
            return false;
    }
    return *given == *name;
}

/* The section that `given` stands for in a row of the table: "API" -> "api", "KAFKA_DC1" ->
 * "kafka.dc1". */
static bool section_of_variable(const char *given, const char *pattern, char *ret)
{
    size_t length = strlen(pattern);
    if (length < 2 || strcmp(pattern + length - 2, ".*") != 0) {
        (void)snprintf(ret, NAME_BYTES_MAX, "%s", pattern);
        return same_name(given, pattern);
    }
    size_t stem = length - 1; /* with the dot */
    char prefix[NAME_BYTES_MAX];
    if (strlen(given) <= stem)
        return false;
    (void)snprintf(prefix, sizeof(prefix), "%.*s", (int)stem, given);
    int written = snprintf(ret, NAME_BYTES_MAX, "%.*s%s", (int)stem, pattern, given + stem);
    for (char *at = ret + stem; *at != '\0'; at++)
        *at = (char)(*at == '_' ? '-' : tolower((unsigned char)*at));
    char stem_name[NAME_BYTES_MAX];
    (void)snprintf(stem_name, sizeof(stem_name), "%.*s", (int)stem, pattern);
    return written < NAME_BYTES_MAX && same_name(prefix, stem_name);
}

/* A key that is passed through: dots for underscores, but "_file" stays at the end. */
static void pass_through_key(const char *given, char *ret)
{
    (void)snprintf(ret, NAME_BYTES_MAX, "%s", given);
    size_t size = strlen(ret);
    for (size_t i = 0; i < size; i++)
        ret[i] = (char)(ret[i] == '_' ? '.' : tolower((unsigned char)ret[i]));
    if (size > 5 && strcmp(ret + size - 5, ".file") == 0)
        ret[size - 5] = '_';
}

/* Finds what a variable's SECTION and KEY stand for. Named keys go before pass-through. */
static bool resolve_variable(const char *given_section, const char *given_key, char *ret_section,
                             char *ret_key)
{
    bool any = false;
    char section[NAME_BYTES_MAX];
    for (size_t i = 0; i < gb_settings_count; i++) {
        const struct gb_setting *setting = &gb_settings[i];
        if (!section_of_variable(given_section, setting->section, section))
            continue;
        if (strcmp(setting->key, "*") == 0) {
            any = true;
            pass_through_key(given_key, ret_key);
            (void)snprintf(ret_section, NAME_BYTES_MAX, "%s", section);
        } else if (same_name(given_key, setting->key)) {
            (void)snprintf(ret_key, NAME_BYTES_MAX, "%s", setting->key);
            (void)snprintf(ret_section, NAME_BYTES_MAX, "%s", section);
            return true;
        }
    }
    return any;
}

static enum gb_result read_variable(struct gb_config *config, const char *variable,
                                    struct gb_err *err)
{
    char name[NAME_BYTES_MAX], section[NAME_BYTES_MAX], key[NAME_BYTES_MAX];
    char origin[ORIGIN_BYTES_MAX];
    const char *equals = strchr(variable, '=');
    if (equals == NULL || (size_t)(equals - variable) >= sizeof(name))
        return gb_err_set(err, GB_FATAL, "CONFIG", "variable %.64s: name too long", variable);
    (void)snprintf(name, sizeof(name), "%.*s", (int)(equals - variable), variable);
    (void)snprintf(origin, sizeof(origin), "variable %s", name);
    char *given_section = name + sizeof(VARIABLE_PREFIX) - 1;
    char *split = strstr(given_section, "__");
    if (split == NULL)
        return gb_err_set(err, GB_FATAL, "CONFIG", "%s: not GEOBILL__SECTION__KEY", origin);
    *split = '\0';
    if (!resolve_variable(given_section, split + 2, section, key))
        return gb_err_set(err, GB_FATAL, "CONFIG", "%s: unknown setting", origin);
    const struct gb_config_given given = {section, key, equals + 1, origin, .replaces = true};
    return gb_config_put(config, &given, err);
}

enum gb_result gb_config_read_variables(struct gb_config *config, char *const *variables,
                                        struct gb_err *err)
{
    enum gb_result result = GB_OK;
    for (; *variables != NULL && result == GB_OK; variables++)
        if (strncmp(*variables, VARIABLE_PREFIX, sizeof(VARIABLE_PREFIX) - 1) == 0)
            result = read_variable(config, *variables, err);
    return result;
}
