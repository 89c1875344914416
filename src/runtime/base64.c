#include "runtime/base64.h"

#include <openssl/evp.h>

char *gb_base64(struct gb_bytes bytes, struct gb_arena *arena)
{
    char *text = gb_arena_alloc(arena, (bytes.size + 2) / 3 * 4 + 1);
    if (text != NULL)
        (void)EVP_EncodeBlock((unsigned char *)text, bytes.data, (int)bytes.size);
    return text;
}
