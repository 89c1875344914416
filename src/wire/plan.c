#include "wire/plan.h"

#include <avro.h>
#include <string.h>

enum { DEPTH_MAX = 6 };

struct making {
    struct gb_arena *arena;
    int depth;
    struct gb_err *err;
};

static enum gb_result make_value(struct making *making, avro_schema_t schema,
                                 const struct gb_field *field, struct gb_plan *ret);

static enum gb_result refuse(struct making *making, const char *name, const char *why)
{
    return gb_err_set(making->err, GB_FATAL, "SCHEMA_INVALID", "%s: %s", name, why);
}

static void *allocate(struct making *making, size_t count, size_t size)
{
    void *memory = gb_arena_array(making->arena, count, size);
    GB_CHECK(memory != NULL); /* the arena is sized for compiled-in schemas */
    return memory;
}

static const struct gb_field *field_named(const struct gb_field_table *table, const char *name)
{
    for (size_t i = 0; table != NULL && i < table->count; i++) {
        if (strcmp(table->fields[i].name, name) == 0)
            return &table->fields[i];
    }
    return NULL;
}

/* May a writer not know this field? Its value is then NULL, false, 0 or nothing. */
static bool may_lack(const struct gb_field *field)
{
    return field->optional || field->later || field->type == GB_FIELD_BOOL ||
           field->type == GB_FIELD_ARRAY;
}

static bool type_fits(const struct gb_field *field, const struct gb_plan *plan)
{
    switch (field->type) {
    case GB_FIELD_TEXT:
    case GB_FIELD_DC:
    case GB_FIELD_CURRENCY:
        return plan->type == GB_PLAN_TEXT;
    case GB_FIELD_INT:
    case GB_FIELD_LONG:
        return plan->type == GB_PLAN_NUMBER;
    case GB_FIELD_BOOL:
        return plan->type == GB_PLAN_BOOLEAN;
    case GB_FIELD_ENUM:
        return plan->type == GB_PLAN_ENUM;
    case GB_FIELD_FIXED:
        return plan->type == GB_PLAN_FIXED && plan->count == field->size;
    case GB_FIELD_RECORD:
        return plan->type == GB_PLAN_RECORD;
    case GB_FIELD_ARRAY:
        return plan->type == GB_PLAN_ARRAY && plan->children[0].type == GB_PLAN_RECORD;
    }
    return false;
}

static enum gb_result make_record(struct making *making, avro_schema_t schema,
                                  const struct gb_field_table *table, struct gb_plan *ret)
{
    ret->type = GB_PLAN_RECORD;
    ret->count = avro_schema_record_size(schema);
    ret->children = allocate(making, ret->count, sizeof(*ret->children));
    for (size_t i = 0; i < ret->count; i++) {
        const char *name = avro_schema_record_field_name(schema, (int)i);
        enum gb_result result =
            make_value(making, avro_schema_record_field_get_by_index(schema, (int)i),
                       field_named(table, name), &ret->children[i]);
        if (result != GB_OK)
            return result;
    }
    for (size_t i = 0; table != NULL && i < table->count; i++) {
        const struct gb_field *field = &table->fields[i];
        if (avro_schema_record_field_get_index(schema, field->name) < 0 && !may_lack(field))
            return refuse(making, field->name, "the schema has no such field");
    }
    return GB_OK;
}

static enum gb_result make_union(struct making *making, avro_schema_t schema,
                                 const struct gb_field *field, struct gb_plan *ret)
{
    ret->type = GB_PLAN_UNION;
    ret->count = avro_schema_union_size(schema);
    ret->children = allocate(making, ret->count, sizeof(*ret->children));
    for (size_t i = 0; i < ret->count; i++) {
        enum gb_result result =
            make_value(making, avro_schema_union_branch(schema, (int)i), field, &ret->children[i]);
        if (result != GB_OK)
            return result;
    }
    return GB_OK;
}

static void make_enum(struct making *making, avro_schema_t schema, const struct gb_field *field,
                      struct gb_plan *ret)
{
    ret->type = GB_PLAN_ENUM;
    ret->count = (size_t)avro_schema_enum_number_of_symbols(schema);
    ret->numbers = allocate(making, ret->count, sizeof(*ret->numbers));
    for (size_t i = 0; field != NULL && field->symbol != NULL && i < ret->count; i++) {
        const char *symbol = avro_schema_enum_get(schema, (int)i);
        const char *name;
        for (int number = 1; (name = field->symbol(number)) != NULL; number++) {
            if (strcmp(name, symbol) == 0)
                ret->numbers[i] = number;
        }
    }
}

/* An item that is a record has the field's table, but is not the field: only the array is. */
static enum gb_result make_array(struct making *making, avro_schema_t schema,
                                 const struct gb_field *field, struct gb_plan *ret)
{
    avro_schema_t items = avro_schema_array_items(schema);
    if (is_avro_link(items))
        items = avro_schema_link_target(items);
    ret->type = GB_PLAN_ARRAY;
    ret->children = allocate(making, 1, sizeof(*ret->children));
    if (field != NULL && is_avro_record(items))
        return make_record(making, items, field->table, ret->children);
    return make_value(making, items, NULL, ret->children);
}

/* By type, without looking whether it fits the field. */
static enum gb_result make_typed(struct making *making, avro_schema_t schema,
                                 const struct gb_field *field, struct gb_plan *ret)
{
    switch (avro_typeof(schema)) {
    case AVRO_NULL:
        ret->type = GB_PLAN_NULL;
        return GB_OK;
    case AVRO_BOOLEAN:
        ret->type = GB_PLAN_BOOLEAN;
        return GB_OK;
    case AVRO_INT32:
    case AVRO_INT64:
        ret->type = GB_PLAN_NUMBER;
        ret->narrow = is_avro_int32(schema);
        return GB_OK;
    case AVRO_STRING:
        ret->type = GB_PLAN_TEXT;
        return GB_OK;
    case AVRO_BYTES:
        ret->type = GB_PLAN_BYTES;
        return GB_OK;
    case AVRO_FIXED:
        ret->type = GB_PLAN_FIXED;
        ret->count = (size_t)avro_schema_fixed_size(schema);
        return GB_OK;
    case AVRO_ENUM:
        make_enum(making, schema, field, ret);
        return GB_OK;
    case AVRO_UNION:
        return make_union(making, schema, field, ret);
    case AVRO_ARRAY:
        return make_array(making, schema, field, ret);
    case AVRO_RECORD:
        return make_record(making, schema, field == NULL ? NULL : field->table, ret);
    case AVRO_LINK:
        return make_value(making, avro_schema_link_target(schema), field, ret);
    case AVRO_MAP:
    case AVRO_FLOAT:
    case AVRO_DOUBLE:
        break;
    }
    return refuse(making, field == NULL ? "a field" : field->name, "a type that we do not write");
}

static enum gb_result make_value(struct making *making, avro_schema_t schema,
                                 const struct gb_field *field, struct gb_plan *ret)
{
    if (making->depth == DEPTH_MAX)
        return refuse(making, field == NULL ? "a field" : field->name, "nested too deeply");
    making->depth++;
    enum gb_result result = make_typed(making, schema, field, ret);
    making->depth--;
    if (result != GB_OK || field == NULL)
        return result;
    ret->field = field;
    if (ret->type == GB_PLAN_NULL || ret->type == GB_PLAN_UNION)
        return GB_OK; /* the other branches are what has to fit */
    if (!type_fits(field, ret))
        return refuse(making, field->name, "another type than ours");
    return GB_OK;
}

enum gb_result gb_plan_make(const char *schema, size_t size, const struct gb_field_table *table,
                            struct gb_arena *arena, struct gb_plan *ret, struct gb_err *err)
{
    avro_schema_t parsed;
    if (avro_schema_from_json_length(schema, size, &parsed) != 0)
        return gb_err_set(err, GB_FATAL, "SCHEMA_INVALID", "%s", avro_strerror());
    struct making making = {.arena = arena, .err = err};
    *ret = (struct gb_plan){.type = GB_PLAN_NULL};
    enum gb_result result = is_avro_record(parsed)
                                ? make_record(&making, parsed, table, ret)
                                : refuse(&making, "the message", "is not a record");
    avro_schema_decref(parsed);
    return result;
}

static bool symbols_complete(const struct gb_plan *plan)
{
    const char *(*symbol)(int) = plan->field->symbol;
    for (int number = 1; symbol(number) != NULL; number++) {
        size_t i = 0;
        while (i < plan->count && plan->numbers[i] != number)
            i++;
        if (i == plan->count)
            return false;
    }
    return true;
}

static bool value_complete(const struct gb_plan *plan)
{
    switch (plan->type) {
    case GB_PLAN_ENUM:
        return symbols_complete(plan);
    case GB_PLAN_UNION:
        return plan->field->optional && plan->count == 2 &&
               plan->children[0].type == GB_PLAN_NULL && value_complete(&plan->children[1]);
    case GB_PLAN_ARRAY:
        return gb_plan_complete(plan->children, plan->field->table);
    case GB_PLAN_RECORD:
        return gb_plan_complete(plan, plan->field->table);
    case GB_PLAN_BYTES:
        return false;
    case GB_PLAN_NUMBER:
        return !plan->narrow || plan->field->type == GB_FIELD_INT;
    case GB_PLAN_NULL:
    case GB_PLAN_BOOLEAN:
    case GB_PLAN_TEXT:
    case GB_PLAN_FIXED:
        break;
    }
    return true;
}

bool gb_plan_complete(const struct gb_plan *plan, const struct gb_field_table *table)
{
    if (plan->count != table->count)
        return false;
    for (size_t i = 0; i < plan->count; i++) {
        const struct gb_plan *child = &plan->children[i];
        if (child->field == NULL || child->field->optional != (child->type == GB_PLAN_UNION) ||
            !value_complete(child))
            return false;
    }
    return true;
}
