/* headers.h: headers of a record as bytes for the fuzzer: name number, length, value, and again. */
#ifndef GB_TESTS_FUZZ_HEADERS_H
#define GB_TESTS_FUZZ_HEADERS_H

#include "runtime/header.h"

enum { FUZZ_HEADERS_MAX = 64 };

/* The headers that `bytes` stand for; names are static, values point into `bytes`. */
size_t fuzz_headers_read(struct gb_bytes bytes, struct gb_header headers[FUZZ_HEADERS_MAX]);

/* The reverse, in the arena; values of up to 255 bytes. Aborts at a name that we never send. */
struct gb_bytes fuzz_headers_write(const struct gb_header *headers, size_t count,
                                   struct gb_arena *arena);

#endif
