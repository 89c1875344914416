# Writes sql.h and sql.c: every file of sql/ as C text. Run as
#   cmake -DSQL_DIR=<repository>/sql -DOUT_DIR=<build folder>/db -P embed_sql.cmake
# No file list to keep: whatever lies in queries/, migrations/ and checks/ is taken, in name order.

# Names become C identifiers and the server's names of prepared statements.
function(check_name path pattern)
  get_filename_component(name ${path} NAME_WE)
  if(NOT name MATCHES "^${pattern}$")
    message(FATAL_ERROR "${path}: the name must match ${pattern}.sql")
  endif()
endfunction()

# The file as a C string literal, one source line a line.
function(read_literal path ret_literal)
  file(READ ${path} text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
  set(${ret_literal} "\"${text}\"" PARENT_SCOPE)
endfunction()

# Replaces the file only when it differs, so that nothing is compiled again without need.
function(write_if_different path text)
  set(old "")
  if(EXISTS ${path})
    file(READ ${path} old)
  endif()
  if(NOT "${old}" STREQUAL "${text}")
    file(WRITE ${path} "${text}")
  endif()
endfunction()

file(GLOB queries ${SQL_DIR}/queries/*.sql)
file(GLOB migrations ${SQL_DIR}/migrations/*.sql)
file(GLOB checks ${SQL_DIR}/checks/*.sql)
list(SORT queries)
list(SORT migrations)
list(SORT checks)

set(header "/* Made from sql/ by cmake/embed_sql.cmake. */\n#ifndef GB_DB_SQL_H\n#define GB_DB_SQL_H\n\n")
string(APPEND header "#include \"db/scripts.h\"\n\n")
set(source "/* Made from sql/ by cmake/embed_sql.cmake. */\n#include \"db/sql.h\"\n\n")

set(table "")
foreach(path ${queries})
  check_name(${path} "[a-z][a-z0-9_]*")
  get_filename_component(name ${path} NAME_WE)
  read_literal(${path} literal)
  string(APPEND header "extern const struct gb_statement gb_sql_${name};\n")
  string(APPEND source "const struct gb_statement gb_sql_${name} = {\n    \"${name}\",\n    ${literal}};\n\n")
  string(APPEND table "    &gb_sql_${name},\n")
endforeach()
string(APPEND source "const struct gb_statement *const gb_statements[] = {\n${table}};\n")
string(APPEND source "const size_t gb_statements_count = sizeof gb_statements / sizeof gb_statements[0];\n\n")

string(APPEND source "const struct gb_migration gb_migrations[] = {\n")
foreach(path ${migrations})
  check_name(${path} "[0-9][0-9][0-9][0-9]_[a-z0-9_]+")
  get_filename_component(name ${path} NAME_WE)
  string(REGEX REPLACE "^0*([0-9]+)_.*$" "\\1" number ${name})
  read_literal(${path} literal)
  string(APPEND source "    {${number}, \"${name}\",\n    ${literal}},\n")
endforeach()
string(APPEND source "};\nconst size_t gb_migrations_count = sizeof gb_migrations / sizeof gb_migrations[0];\n\n")

# A table is never empty in C: the closing row has no name and is not counted.
string(APPEND source "const struct gb_check gb_checks[] = {\n")
foreach(path ${checks})
  check_name(${path} "[a-z][a-z0-9_]*")
  get_filename_component(name ${path} NAME_WE)
  read_literal(${path} literal)
  string(APPEND source "    {\"${name}\",\n    ${literal}},\n")
endforeach()
string(APPEND source "    {NULL, NULL},\n};\n")
string(APPEND source "const size_t gb_checks_count = sizeof gb_checks / sizeof gb_checks[0] - 1;\n\n")

foreach(name bookkeeping roles)
  read_literal(${SQL_DIR}/${name}.sql literal)
  string(APPEND source "const char gb_sql_${name}_script[] =\n    ${literal};\n\n")
endforeach()
string(APPEND header "\n#endif\n")

write_if_different(${OUT_DIR}/sql.h "${header}")
write_if_different(${OUT_DIR}/sql.c "${source}")
file(TOUCH ${OUT_DIR}/sql.stamp)
