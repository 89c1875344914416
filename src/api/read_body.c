#include "api/read_body.h"

#include <string.h>

#include "api/answer.h"
#include "api/client_batch.h"
#include "api/steps.h"

/* A batch holds commands in a list in an object, each as deep as it may be alone. */
enum { DEPTH_MAX = 8, BATCH_DEPTH_MAX = DEPTH_MAX + 2 };

/* The deepest nesting of objects and arrays, whatever else is wrong with the text. */
static int depth_of(struct gb_bytes text)
{
    const char *at = text.data, *end = at + text.size;
    int depth = 0, deepest = 0;
    bool in_string = false;
    for (; at < end; at++) {
        if (in_string) {
            if (*at == '\\')
                at++;
            else if (*at == '"')
                in_string = false;
        } else if (*at == '"') {
            in_string = true;
        } else if (*at == '{' || *at == '[') {
            deepest = ++depth > deepest ? depth : deepest;
        } else if (*at == '}' || *at == ']') {
            depth--;
        }
    }
    return deepest;
}

static const char *parse(struct gb_bytes text, int depth_max, struct gb_arena *arena, json_t **ret)
{
    *ret = NULL;
    if (text.size == 0)
        return "the body is empty";
    if (depth_of(text) > depth_max)
        return depth_max == DEPTH_MAX ? "nested deeper than 8 levels"
                                      : "nested deeper than 10 levels";
    json_error_t error;
    json_t *root = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        const char *why =
            gb_arena_printf(arena, "line %d, column %d: %s", error.line, error.column, error.text);
        return why == NULL ? "not JSON" : why;
    }
    if (!json_is_object(root)) {
        json_decref(root);
        return "not an object";
    }
    *ret = root;
    return NULL;
}

const char *gb_api_json_parse(struct gb_bytes text, struct gb_arena *arena, json_t **ret)
{
    return parse(text, DEPTH_MAX, arena, ret);
}

bool gb_api_read_body(struct gb_api_request *request, json_t **ret)
{
    if (request->batched != NULL) {
        *ret = json_incref(request->batched->body);
        return true;
    }
    bool batch = request->route->work == gb_api_take_batch;
    const char *why = parse(gb_http_body(request->http), batch ? BATCH_DEPTH_MAX : DEPTH_MAX,
                            request->arena, ret);
    if (why == NULL)
        return true;
    gb_api_refuse(request, GB_API_JSON_INVALID, NULL, why);
    return false;
}

static void refuse_member(struct gb_api_request *request, enum gb_api_error error, const char *path,
                          const char *name, const char *detail)
{
    const char *field = gb_arena_printf(request->arena, "%s%.100s", path, name);
    gb_api_refuse(request, error, field, detail);
}

static const char *type_name(json_type type)
{
    switch (type) {
    case JSON_OBJECT:
        return "must be an object";
    case JSON_ARRAY:
        return "must be an array";
    case JSON_STRING:
        return "must be a string";
    case JSON_INTEGER:
        return "must be an integer";
    case JSON_REAL:
        return "must be a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "must be true or false";
    case JSON_NULL:
        return "must be null";
    }
    return "wrong";
}

/* The first name in `object` that no member has; NULL: none. */
static const char *unknown_name(json_t *object, const struct gb_api_member *members, size_t count)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        size_t i = 0;
        while (i < count && strcmp(members[i].name, name) != 0)
            i++;
        if (i == count)
            return name;
    }
    return NULL;
}

static bool is_of(const json_t *value, json_type type)
{
    return type == JSON_TRUE ? json_is_boolean(value) : json_typeof(value) == type;
}

bool gb_api_read_members(struct gb_api_request *request, json_t *object, const char *path,
                         const struct gb_api_member *members, size_t count)
{
    const char *unknown = unknown_name(object, members, count);
    if (unknown != NULL) {
        refuse_member(request, GB_API_FIELD_UNKNOWN, path, unknown, NULL);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        json_t *value = json_object_get(object, members[i].name);
        *members[i].ret = value;
        if (value == NULL && members[i].required) {
            refuse_member(request, GB_API_FIELD_MISSING, path, members[i].name, NULL);
            return false;
        }
        if (value != NULL && !is_of(value, members[i].type)) {
            refuse_member(request, members[i].wrong, path, members[i].name,
                          type_name(members[i].type));
            return false;
        }
    }
    return true;
}
