#include "runtime/uuid.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>

#include "runtime/clock.h"

enum { POOL_BYTES = 512 };

static void ask_kernel(unsigned char *at, size_t size)
{
    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);
        GB_CHECK(got > 0 || errno == EINTR);
        if (got > 0) {
            at += got;
            size -= (size_t)got;
        }
    }
}

/* Most want a few bytes: one call of the kernel serves dozens of them. Each byte is given out once
 * and forgotten. */
void gb_random(void *ret_bytes, size_t size)
{
    static _Thread_local unsigned char pool[POOL_BYTES];
    static _Thread_local size_t left;
    if (size > POOL_BYTES / 4) {
        ask_kernel(ret_bytes, size);
        return;
    }
    if (left < size) {
        ask_kernel(pool, POOL_BYTES);
        left = POOL_BYTES;
    }
    left -= size;
    memcpy(ret_bytes, pool + left, size);
    explicit_bzero(pool + left, size);
}

/* Milliseconds in the upper 52 bits and a fraction of one in the lower 12 (RFC 9562, method 3),
 * each call above the one before, also when the clock goes back. */
static uint64_t next_tick(void)
{
    static _Atomic uint64_t last_tick;
    uint64_t us = (uint64_t)gb_clock_wall_us();
    uint64_t now = (us / 1000) << 12 | (us % 1000) * 4096 / 1000;
    uint64_t last = atomic_load_explicit(&last_tick, memory_order_relaxed);
    uint64_t tick;
    do {
        tick = now > last ? now : last + 1;
    } while (!atomic_compare_exchange_weak_explicit(&last_tick, &last, tick, memory_order_relaxed,
                                                    memory_order_relaxed));
    return tick;
}

struct gb_uuid gb_uuid_v7(void)
{
    struct gb_uuid uuid;
    uint64_t tick = next_tick();
    for (int i = 0; i < 6; i++)
        uuid.bytes[i] = (uint8_t)(tick >> (52 - 8 * i));
    uuid.bytes[6] = (uint8_t)(0x70 | (tick >> 8 & 0x0f));
    uuid.bytes[7] = (uint8_t)tick;
    gb_random(uuid.bytes + 8, 8);
    uuid.bytes[8] = (uint8_t)(0x80 | (uuid.bytes[8] & 0x3f));
    return uuid;
}

void gb_uuid_format(struct gb_uuid uuid, char text[GB_UUID_TEXT_SIZE])
{
    static const struct {
        uint8_t from, size;
    } groups[] = {{0, 4}, {4, 2}, {6, 2}, {8, 2}, {10, 6}};
    char *at = text;
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        gb_hex_format(uuid.bytes + groups[i].from, groups[i].size, at);
        at += 2 * groups[i].size;
        *at++ = '-';
    }
    at[-1] = '\0';
}

bool gb_uuid_parse(const char *text, struct gb_uuid *ret)
{
    char hex[2 * sizeof(ret->bytes) + 1];
    size_t n = 0;
    if (strlen(text) != GB_UUID_TEXT_SIZE - 1)
        return false;
    for (size_t i = 0; i < GB_UUID_TEXT_SIZE - 1; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash != (text[i] == '-'))
            return false;
        if (!dash)
            hex[n++] = text[i];
    }
    hex[n] = '\0';
    struct gb_uuid uuid = {{0}};
    if (!gb_hex_parse(hex, uuid.bytes, sizeof(uuid.bytes)))
        return false;
    *ret = uuid;
    return true;
}

void gb_hex_format(const void *bytes, size_t size, char *text)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *from = bytes;
    for (size_t i = 0; i < size; i++) {
        *text++ = digits[from[i] >> 4];
        *text++ = digits[from[i] & 0x0f];
    }
    *text = '\0';
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

bool gb_hex_parse(const char *text, void *ret_bytes, size_t size)
{
    uint8_t *to = ret_bytes;
    for (size_t i = 0; i < size; i++, text += 2) {
        int high = hex_value(text[0]);
        int low = high < 0 ? -1 : hex_value(text[1]);
        if (low < 0)
            return false;
        to[i] = (uint8_t)(high << 4 | low);
    }
    return *text == '\0';
}
