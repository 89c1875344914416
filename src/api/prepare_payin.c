/* POST /v1/pay-ins, on the server's thread: body and key, then into the intake. */
#include "api/read_command.h"
#include "api/steps.h"

bool gb_api_prepare_payin(struct gb_api_request *request)
{
    request->command.kind = GB_OPERATION_PAYIN;
    request->command.until_us = request->arrived_us + request->wait_s * 1000000;
    if (gb_api_read_owner(request) && gb_api_read_command(request))
        gb_api_to_intake(request);
    return false;
}
