#include "runtime/config_entries.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECRET_BYTES_MAX = 64 * 1024 };

static const char FILE_SUFFIX[] = "_file";

/* Reads until the end or `size` bytes. -1 and errno on failure. */
static ssize_t read_all(int fd, char *buffer, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = read(fd, buffer + done, size - done);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            return -1;
        if (got > 0)
            done += (size_t)got;
    }
    return (ssize_t)done;
}

enum gb_result gb_config_slurp(const char *path, size_t bytes_max, char **ret, size_t *ret_size,
                               struct gb_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return gb_err_set(err, GB_FATAL, "CONFIG", "%s: %s", path, strerror(errno));
    char *buffer = malloc(bytes_max + 2);
    GB_CHECK(buffer != NULL);
    ssize_t size = read_all(fd, buffer, bytes_max + 1);
    int error = errno;
    (void)close(fd);
    if (size < 0 || (size_t)size > bytes_max) {
        free(buffer);
        return gb_err_set(err, GB_FATAL, "CONFIG", "%s: %s", path,
                          size < 0 ? strerror(error) : "file too large");
    }
    buffer[size] = '\0';
    *ret = buffer;
    *ret_size = (size_t)size;
    return GB_OK;
}

/* Where a secret's file is: $CREDENTIALS_DIRECTORY, then the folder of the configuration file. */
static enum gb_result secret_path(const struct gb_config *config, const char *given,
                                  char ret[PATH_MAX], struct gb_err *err)
{
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    const char *slash = strrchr(config->path, '/');
    int folder = slash == NULL ? 0 : (int)(slash - config->path + 1);
    int length = -1;
    if (*given == '/') {
        length = snprintf(ret, PATH_MAX, "%s", given);
    } else {
        if (credentials != NULL)
            length = snprintf(ret, PATH_MAX, "%s/%s", credentials, given);
        if (length < 0 || length >= PATH_MAX || access(ret, F_OK) != 0)
            length = snprintf(ret, PATH_MAX, "%.*s%s", folder, config->path, given);
    }
    if (length < 0 || length >= PATH_MAX)
        return gb_err_set(err, GB_FATAL, "CONFIG", "%.64s...: path too long", given);
    return GB_OK;
}

static enum gb_result read_secret(const struct gb_config *config,
                                  const struct gb_config_entry *entry, char **ret,
                                  struct gb_err *err)
{
    char path[PATH_MAX];
    char *text = NULL;
    size_t size = 0;
    struct gb_err why = {.message = ""};
    enum gb_result result = secret_path(config, entry->value, path, &why);
    if (result == GB_OK)
        result = gb_config_slurp(path, SECRET_BYTES_MAX, &text, &size, &why);
    if (result != GB_OK)
        return gb_err_set(err, result, "CONFIG", "%s: [%s] %s: %s", entry->origin, entry->section,
                          entry->key, why.message);
    if (strlen(text) != size) {
        explicit_bzero(text, size);
        free(text);
        return gb_err_set(err, GB_FATAL, "CONFIG", "%s: [%s] %s: zero byte in %s", entry->origin,
                          entry->section, entry->key, path);
    }
    if (size > 0 && text[size - 1] == '\n')
        text[size - 1] = '\0';
    *ret = text;
    return GB_OK;
}

enum gb_result gb_config_secret(const struct gb_config *config, const char *section,
                                const char *key, char **ret, struct gb_err *err)
{
    *ret = NULL;
    GB_CHECK(gb_config_find_setting(section, key, "code", NULL) != NULL);
    const struct gb_config_entry *entry = gb_config_find_entry(config, section, key);
    return entry == NULL ? GB_OK : read_secret(config, entry, ret, err);
}

enum gb_result gb_config_each(const struct gb_config *config, const char *section,
                              void (*each)(void *context, const char *key, const char *value),
                              void *context, struct gb_err *err)
{
    for (size_t i = 0; i < config->count; i++) {
        const struct gb_config_entry *entry = &config->entries[i];
        if (strcmp(entry->section, section) != 0)
            continue;
        size_t size = strlen(entry->key), suffix = sizeof(FILE_SUFFIX) - 1;
        if (size <= suffix || strcmp(entry->key + size - suffix, FILE_SUFFIX) != 0) {
            each(context, entry->key, entry->value);
            continue;
        }
        char *secret;
        enum gb_result result = read_secret(config, entry, &secret, err);
        if (result != GB_OK)
            return result;
        char *key = strndup(entry->key, size - suffix);
        GB_CHECK(key != NULL);
        each(context, key, secret);
        free(key);
        explicit_bzero(secret, strlen(secret));
        free(secret);
    }
    return GB_OK;
}
