/* mock.h: librdkafka's mock cluster with settings that point to it, for the tests of this folder.
 */
#ifndef GB_TEST_BUS_MOCK_H
#define GB_TEST_BUS_MOCK_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "runtime/config.h"

#define MOCK_PRODUCE 0 /* Kafka's request numbers */
#define MOCK_FETCH 1
#define MOCK_INIT_PRODUCER_ID 22

struct mock {
    rd_kafka_t *kafka; /* only carries the cluster */
    rd_kafka_mock_cluster_t *cluster;
    struct gb_config *config; /* [kafka.dc1] is the mock cluster */
};

/* One broker. `settings` are more lines for [kafka.dc1], "" for none. Aborts when it cannot be had.
 */
struct mock mock_open(const char *settings);
void mock_close(struct mock *mock);
/* Settings only. */
struct gb_config *mock_config(const char *bootstrap, const char *settings);
void mock_topic(const struct mock *mock, const char *topic, int partitions);
void mock_down(const struct mock *mock);
void mock_up(const struct mock *mock);

/* CPU time of this process; bytes of its heap in use (0 under AddressSanitizer). */
int64_t mock_cpu_us(void);
int64_t mock_heap_bytes(void);

#endif
