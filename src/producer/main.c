/* geobill-publisher: ledger, pay-ins and outbox to Kafka, in order per account, at least once. */
#include "producer/publisher.h"
#include "runtime/daemon.h"
#include "wire/messages.h"

int main(int argc, char **argv)
{
    struct gb_daemon daemon = {
        .program = "geobill-publisher",
        .about =
            "Sends what this datacenter has decided to Kafka, page by page, until every reader "
            "has it.",
    };
    int code;
    if (!gb_daemon_init(&daemon, argc, argv, &code))
        return code;
    struct gb_err err = {.result = GB_OK};
    struct gb_publisher_settings settings = {.config = NULL};
    enum gb_result result = gb_wire_init(&err);
    if (result == GB_OK)
        result = gb_publisher_settings_read(daemon.config, &settings, &err);
    if (result == GB_OK)
        result = gb_publisher_run(&settings, &err);
    gb_publisher_settings_done(&settings);
    gb_wire_done();
    return gb_daemon_done(&daemon, result, &err);
}
