/* The end of a client that never comes, as librdkafka 2.0.2 may have it after its topic was lost:
 * with MEMBER_HANGS in the environment the first client of a process does not end. The linker puts
 * this in place of the call (--wrap). */
#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/log.h"

void __real_rd_kafka_destroy_flags(rd_kafka_t *kafka, int flags);
void __wrap_rd_kafka_destroy_flags(rd_kafka_t *kafka, int flags);

void __wrap_rd_kafka_destroy_flags(rd_kafka_t *kafka, int flags)
{
    static atomic_bool hung;
    if (getenv("MEMBER_HANGS") == NULL || atomic_exchange(&hung, true)) {
        __real_rd_kafka_destroy_flags(kafka, flags);
        return;
    }
    gb_log(GB_LOG_WARNING, "a client hangs", GB_F_INT("flags", flags));
    for (;;)
        (void)pause();
}
