#include "api/hold_id.h"

#include <string.h>

const char *gb_api_hold_id_format(struct gb_dc dc, struct gb_uuid id, struct gb_arena *arena)
{
    char text[GB_UUID_TEXT_SIZE];
    gb_uuid_format(id, text);
    return gb_arena_printf(arena, "%s-%s", dc.code, text);
}

bool gb_api_hold_id_parse(const char *text, struct gb_dc *ret_dc, struct gb_uuid *ret_id)
{
    char code[GB_DC_SIZE];
    size_t size = strcspn(text, "-");
    if (size >= sizeof(code) || text[size] == '\0')
        return false;
    memcpy(code, text, size);
    code[size] = '\0';
    return gb_dc_parse(code, ret_dc) && gb_uuid_parse(text + size + 1, ret_id);
}
