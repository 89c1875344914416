#include "cli/import_state.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FORMAT 1
#define PATH_SIZE 4096

static json_t *as_json(const struct gb_import_identity *identity)
{
    json_t *json = json_pack("{s:i, s:s, s:I, s:s, s:I, s:s, s:s}", "format", FORMAT, "sha256",
                             identity->sha256, "bytes", (json_int_t)identity->bytes, "dc",
                             identity->dcs, "seed", (json_int_t)identity->seed, "currency",
                             identity->currency, "prefix", identity->prefix);
    GB_CHECK(json != NULL);
    return json;
}

/* A member as it is written, without quotes: for people. */
static void write_value(const json_t *value, char *text, size_t size)
{
    char *dump = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);
    snprintf(text, size, "%s", json_is_string(value) ? json_string_value(value) : dump ? dump : "");
    free(dump);
}

static enum gb_result compare(const char *path, const json_t *kept, json_t *own, struct gb_err *err)
{
    const char *name;
    json_t *value;
    json_object_foreach(own, name, value)
    {
        const json_t *first = json_object_get(kept, name);
        if (json_equal(first, value))
            continue;
        if (strcmp(name, "sha256") == 0 || strcmp(name, "bytes") == 0)
            return gb_err_set(err, GB_POISON, "FILE_CHANGED",
                              "the file is not the one that was imported first (%s remembers): "
                              "import what is new as a file of its own",
                              path);
        char was[128], is[128];
        write_value(first, was, sizeof(was));
        write_value(value, is, sizeof(is));
        return gb_err_set(err, GB_POISON, "OTHER_IMPORT",
                          "the file was imported first with %s '%s', now it is '%s' (%s "
                          "remembers): its movements would be booked again under other keys",
                          name, was, is, path);
    }
    return GB_OK;
}

enum gb_result gb_import_state_check(const char *path, const struct gb_import_identity *identity,
                                     bool *ret_kept, struct gb_err *err)
{
    *ret_kept = false;
    FILE *file = fopen(path, "re");
    if (!file && errno == ENOENT)
        return GB_OK;
    if (!file)
        return gb_err_set(err, GB_POISON, "STATE", "%s: %s", path, strerror(errno));
    json_error_t error;
    json_t *kept = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
    (void)fclose(file);
    if (!kept || !json_is_object(kept)) {
        json_decref(kept);
        return gb_err_set(err, GB_POISON, "STATE",
                          "%s is not what an import keeps; look at it before you remove it", path);
    }
    *ret_kept = true;
    json_t *own = as_json(identity);
    enum gb_result result = compare(path, kept, own, err);
    json_decref(own);
    json_decref(kept);
    return result;
}

/* Writes all of it into a new file beside `path`; its name goes to `name`. 0, or errno. */
static int write_beside(const char *path, const struct gb_import_identity *identity,
                        char name[PATH_SIZE])
{
    if (snprintf(name, PATH_SIZE, "%s.XXXXXX", path) >= PATH_SIZE)
        return ENAMETOOLONG;
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd < 0)
        return errno;
    json_t *json = as_json(identity);
    bool good = json_dumpfd(json, fd, JSON_INDENT(2) | JSON_PRESERVE_ORDER) == 0 &&
                write(fd, "\n", 1) == 1 && fsync(fd) == 0;
    int number = good ? 0 : errno ? errno : EIO;
    json_decref(json);
    if (close(fd) != 0 && number == 0)
        number = errno;
    if (number != 0)
        (void)unlink(name);
    return number;
}

/* The name itself is on disk when its folder is. 0, or errno. */
static int sync_folder(const char *path)
{
    char folder[PATH_SIZE];
    const char *slash = strrchr(path, '/');
    if (slash)
        snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path) + 1, path);
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int number = fsync(fd) == 0 ? 0 : errno;
    (void)close(fd);
    return number;
}

enum gb_result gb_import_state_keep(const char *path, const struct gb_import_identity *identity,
                                    struct gb_err *err)
{
    bool kept;
    char name[PATH_SIZE];
    enum gb_result result = gb_import_state_check(path, identity, &kept, err);
    if (result != GB_OK)
        return result;
    int number = kept ? 0 : write_beside(path, identity, name);
    if (!kept && number == 0) {
        number = link(name, path) == 0 ? 0 : errno; /* never over what is there */
        (void)unlink(name);
    }
    if (number == EEXIST) { /* another import was faster */
        number = 0;
        result = gb_import_state_check(path, identity, &kept, err);
    }
    if (number == 0)
        number = sync_folder(path);
    if (number != 0)
        return gb_err_set(err, GB_POISON, "STATE",
                          "%s cannot be written (%s): --state PATH puts it elsewhere", path,
                          strerror(number));
    return result;
}
