/* refusal_detail.h: a stored refusal in words, for `detail` of its problem. */
#ifndef GB_API_REFUSAL_DETAIL_H
#define GB_API_REFUSAL_DETAIL_H

#include "api/api.h"

/* Made of what is stored, so that a repeat gets the very same: the reason; where it is about money,
 * what was available here, who was silent, and who had most. In the arena. */
const char *gb_api_refusal_detail(const struct gb_api_command *command, struct gb_arena *arena);

#endif
