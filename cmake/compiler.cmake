# What every translation unit is compiled with. Sanitizers come from the presets.
set(GEOBILL_SANITIZE "" CACHE STRING "address,undefined or thread; empty for none")

add_library(geobill_compiler INTERFACE)
target_compile_definitions(geobill_compiler INTERFACE
  _GNU_SOURCE GB_VERSION="${PROJECT_VERSION}"
  HASH_FUNCTION=HASH_FNV) # uthash's default hash does not pass -Wconversion under clang
target_compile_options(geobill_compiler INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wcast-qual -Wstrict-prototypes
  -Wmissing-prototypes -Wundef -Wvla -Wformat=2 -Wwrite-strings -Wswitch-enum -Wimplicit-fallthrough
  -Wnull-dereference -Werror
  -fno-common -fno-omit-frame-pointer -fstack-protector-strong -fPIE -g)
target_link_options(geobill_compiler INTERFACE -pie -Wl,-z,relro -Wl,-z,now)
target_link_libraries(geobill_compiler INTERFACE Threads::Threads)
if(GEOBILL_SANITIZE)
  target_compile_options(geobill_compiler INTERFACE -fsanitize=${GEOBILL_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(geobill_compiler INTERFACE -fsanitize=${GEOBILL_SANITIZE})
else()
  target_compile_definitions(geobill_compiler INTERFACE $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
endif()
# GB_CHECK stays on in release; assert() is not used.
set(CMAKE_C_FLAGS_RELEASE "-O2")
