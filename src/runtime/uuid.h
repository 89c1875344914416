/* uuid.h: random bytes, UUIDv7 (RFC 9562: 48-bit milliseconds, then random), hex. */
#ifndef GB_RUNTIME_UUID_H
#define GB_RUNTIME_UUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gb_uuid {
    uint8_t bytes[16];
};

#define GB_UUID_TEXT_SIZE 37

void gb_random(void *ret_bytes, size_t size); /* getrandom(2); aborts where that fails */
struct gb_uuid gb_uuid_v7(void);              /* time-ordered within a process; any thread */
void gb_uuid_format(struct gb_uuid uuid, char text[GB_UUID_TEXT_SIZE]);
/* The reverse, upper or lower case. False when `text` is anything else. */
bool gb_uuid_parse(const char *text, struct gb_uuid *ret);

/* Lower-case hex of `size` bytes, zero-terminated, into `text` of 2 * size + 1 bytes. */
void gb_hex_format(const void *bytes, size_t size, char *text);
/* The reverse, upper or lower case. False when `text` is not exactly 2 * size hex digits. */
bool gb_hex_parse(const char *text, void *ret_bytes, size_t size);

#endif
