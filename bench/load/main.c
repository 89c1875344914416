/* geobill-load: measures how many payments the APIs take, and how fast. See --help. */
#include <string.h>

#include "run.h"

int main(int argc, char **argv)
{
    static struct load_options options;
    static struct load_result result;
    if (!load_options_read(&options, argc, argv))
        return 2;
    struct load_accounts accounts;
    bool good = load_accounts_get(&accounts, &options) &&
                load_run(&options, options.servers, &accounts, &result);
    load_accounts_free(&accounts);
    if (!good)
        return 1;
    if (options.json == NULL || strcmp(options.json, "-") != 0)
        load_report_text(&options, &result);
    return options.json == NULL || load_report_json(&options, &result) ? 0 : 1;
}
