#include "runtime/digest.h"

#include <openssl/evp.h>

void gb_sha256(const void *data, size_t size, uint8_t ret[GB_DIGEST_SIZE])
{
    GB_CHECK(EVP_Digest(data, size, ret, NULL, EVP_sha256(), NULL) == 1);
}

void gb_sha256_parts(const struct gb_bytes *parts, size_t count, uint8_t ret[GB_DIGEST_SIZE])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    GB_CHECK(context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1);
    for (size_t i = 0; i < count; i++) {
        uint8_t length[8];
        for (int byte = 0; byte < 8; byte++)
            length[byte] = (uint8_t)((uint64_t)parts[i].size >> (56 - 8 * byte));
        GB_CHECK(EVP_DigestUpdate(context, length, sizeof(length)) == 1);
        GB_CHECK(EVP_DigestUpdate(context, parts[i].data, parts[i].size) == 1);
    }
    GB_CHECK(EVP_DigestFinal_ex(context, ret, NULL) == 1);
    EVP_MD_CTX_free(context);
}

uint32_t gb_text_hash(const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
        hash = (hash ^ *c) * UINT64_C(1099511628211);
    return (uint32_t)(hash ^ (hash >> 32));
}
