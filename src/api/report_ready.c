#include <stdio.h>

#include "api/apart.h"
#include "api/api.h"
#include "api/balances.h"
#include "api/commands.h"
#include "api/intake.h"
#include "api/lanes.h"
#include "api/wait_outcome.h"

bool gb_api_ready(void *context, char *ret_why, size_t size)
{
    const struct gb_api *api = context;
    const char *why = NULL;
    if (atomic_load(&api->stopping))
        why = "stopping";
    else if (!gb_api_intake_ready(api->intake))
        why = "intake: no database connection";
    else if (!gb_api_commands_ready(api->commands))
        why = "commands: no database connection";
    else if (!gb_api_apart_ready(api->apart))
        why = "apart: no database connection";
    else if (!gb_api_waiter_ready(api->waiter))
        why = "waiter: no database connection";
    else if (!gb_api_lanes_ready(api->lanes) || !gb_api_balances_ready(api->balances))
        why = "readers: no database connection";
    if (why != NULL)
        (void)snprintf(ret_why, size, "%s", why);
    return why == NULL;
}
