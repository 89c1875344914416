#include "mock.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void drop_log(const rd_kafka_t *kafka, int level, const char *facility, const char *text)
{
    (void)kafka;
    (void)level;
    (void)facility;
    (void)text;
}

struct gb_config *mock_config(const char *bootstrap, const char *settings)
{
    char path[] = "/tmp/geobill-mock-XXXXXX";
    int file = mkstemp(path);
    GB_CHECK(file >= 0);
    GB_CHECK(dprintf(file,
                     "[datacenter]\ncode=dc1\ncatalogue=dc1\n[kafka.dc1]\nbootstrap.servers=%s\n"
                     "fetch.wait.max.ms=5\n%s\n",
                     bootstrap, settings) > 0);
    struct gb_config *config;
    struct gb_err err;
    if (gb_config_load(path, NULL, 0, &config, &err) != GB_OK) {
        (void)fprintf(stderr, "%s: %s\n", err.code, err.message);
        abort();
    }
    GB_CHECK(close(file) == 0 && unlink(path) == 0);
    return config;
}

struct mock mock_open(const char *settings)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, drop_log);
    struct mock mock = {.kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why))};
    GB_CHECK(mock.kafka != NULL);
    mock.cluster = rd_kafka_mock_cluster_new(mock.kafka, 1);
    GB_CHECK(mock.cluster != NULL);
    mock.config = mock_config(rd_kafka_mock_cluster_bootstraps(mock.cluster), settings);
    return mock;
}

void mock_close(struct mock *mock)
{
    rd_kafka_mock_cluster_destroy(mock->cluster);
    rd_kafka_destroy(mock->kafka);
    gb_config_free(mock->config);
}

void mock_topic(const struct mock *mock, const char *topic, int partitions)
{
    GB_CHECK(rd_kafka_mock_topic_create(mock->cluster, topic, partitions, 1) ==
             RD_KAFKA_RESP_ERR_NO_ERROR);
}

void mock_down(const struct mock *mock)
{
    GB_CHECK(rd_kafka_mock_broker_set_down(mock->cluster, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
}

void mock_up(const struct mock *mock)
{
    GB_CHECK(rd_kafka_mock_broker_set_up(mock->cluster, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
}

int64_t mock_cpu_us(void)
{
    struct timespec now;
    GB_CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t mock_heap_bytes(void)
{
    struct mallinfo2 heap = mallinfo2();
    return (int64_t)(heap.uordblks + heap.hblkhd);
}
