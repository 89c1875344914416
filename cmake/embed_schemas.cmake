# Writes schemas.c: the table of schema.h from schemas/ids.json and the files it names. Run as
#   cmake -DSCHEMAS_DIR=<repository>/schemas -DOUT=<build folder>/schemas.c -P embed_schemas.cmake
# The numbers are frozen: a file whose SHA-256 is not the noted one stops the build.
file(READ ${SCHEMAS_DIR}/ids.json ids)
string(JSON last LENGTH "${ids}")
math(EXPR last "${last} - 1")
set(rows "")
foreach(i RANGE ${last})
  foreach(member type version id file written sha256)
    string(JSON ${member} GET "${ids}" ${i} ${member})
  endforeach()
  file(SHA256 ${SCHEMAS_DIR}/${file} found)
  if(NOT found STREQUAL sha256)
    message(FATAL_ERROR "schemas/${file} is not what ids.json froze as id ${id} (sha256 ${found}): "
                        "a changed schema is a new version with a new id and its own file")
  endif()
  file(READ ${SCHEMAS_DIR}/${file} text)
  string(LENGTH "${text}" size)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n     \"" text "${text}")
  if(written)
    set(written true)
  else()
    set(written false)
  endif()
  string(APPEND rows "    {\"${type}\", ${version}, ${id}, ${written}, \"${sha256}\",\n     \"${text}\",\n     ${size}},\n")
endforeach()
file(WRITE ${OUT} "/* Made from schemas/ by cmake/embed_schemas.cmake. */
#include \"wire/schema.h\"

static const struct gb_schema SCHEMAS[] = {
${rows}};

const struct gb_schema *gb_schemas(size_t *ret_count)
{
    *ret_count = sizeof(SCHEMAS) / sizeof(SCHEMAS[0]);
    return SCHEMAS;
}

const struct gb_schema *gb_schema_by_id(int32_t id)
{
    for (size_t i = 0; i < sizeof(SCHEMAS) / sizeof(SCHEMAS[0]); i++)
        if (SCHEMAS[i].id == id)
            return &SCHEMAS[i];
    return NULL;
}
")
