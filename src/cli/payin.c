/* geobill payin: one pay-in through the API. */
#include "cli/call_api.h"
#include "cli/options.h"
#include "cli/views.h"
#include "core/money.h"
#include "runtime/uuid.h"

int gb_cli_payin(struct gb_cli *cli, int argc, char **argv)
{
    const char *words[3] = {NULL}, *key = NULL, *reference = NULL, *wait = "0";
    const struct gb_option options[] = {
        {"key", &key, NULL}, {"reference", &reference, NULL}, {"wait", &wait, NULL}};
    const struct gb_syntax syntax = {.command = "payin",
                                     .options = options,
                                     .options_count = 3,
                                     .arguments = words,
                                     .arguments_count = 3};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    int64_t amount, wait_s;
    if (!gb_option_int(words[1], 1, GB_AMOUNT_MAX, &amount))
        return gb_cli_usage("payin", "MINOR_UNITS is a whole number from 1 to 10^15");
    if (!gb_option_int(wait, 0, 60, &wait_s))
        return gb_cli_usage("payin", "--wait takes 0 to 60 seconds");
    char own_key[GB_UUID_TEXT_SIZE];
    gb_uuid_format(gb_uuid_v7(), own_key);
    json_t *body = json_pack("{s:s, s:{s:I, s:s}}", "account_id", words[0], "amount", "minor_units",
                             (json_int_t)amount, "currency", words[2]);
    if (!body)
        return gb_cli_usage("payin", "the arguments are not UTF-8");
    if (reference)
        json_object_set_new(body, "reference", json_string(reference));
    struct gb_api_call call = {"POST", "/v1/pay-ins", body, key ? key : own_key, wait_s};
    json_t *answer;
    int code = gb_cli_call_api(cli, &call, &answer);
    if (code != GB_EXIT_FINE)
        return code;
    gb_cli_print_operation(cli, answer);
    json_decref(answer);
    return GB_EXIT_FINE;
}
