/* digest.h: SHA-256 by OpenSSL; a hash for tables in memory. Any thread. */
#ifndef GB_RUNTIME_DIGEST_H
#define GB_RUNTIME_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/arena.h"

#define GB_DIGEST_SIZE 32

/* SHA-256 of `size` bytes. */
void gb_sha256(const void *data, size_t size, uint8_t ret[GB_DIGEST_SIZE]);

/* SHA-256 of several parts, each preceded by its length (8 bytes, big-endian), so that no two lists
 * give the same bytes. */
void gb_sha256_parts(const struct gb_bytes *parts, size_t count, uint8_t ret[GB_DIGEST_SIZE]);

/* FNV-1a, 64 bits folded to 32: only for where to look in memory; nothing that is stored depends on
 * it. */
uint32_t gb_text_hash(const char *text);

#endif
