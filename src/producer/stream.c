#include "producer/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "producer/page.h"
#include "runtime/metrics.h"

void gb_stream_init(struct gb_stream *stream, const char *name, const struct gb_stream_kind *kind,
                    const char *topic, int32_t partitions)
{
    *stream = (struct gb_stream){.kind = kind, .partitions = partitions};
    GB_CHECK(strlen(name) < sizeof(stream->name) && strlen(topic) < sizeof(stream->topic));
    memcpy(stream->name, name, strlen(name) + 1);
    memcpy(stream->topic, topic, strlen(topic) + 1);
}

void gb_stream_done(struct gb_stream *stream)
{
    for (size_t i = 0; i < stream->targets_count; i++)
        free(stream->targets[i].readers);
    free(stream->targets);
    free(stream->readers);
    free(stream->heard_at_us);
    free(stream->end);
    *stream = (struct gb_stream){.kind = NULL};
}

void gb_stream_add_reader(struct gb_stream *stream, struct gb_dc reader)
{
    GB_CHECK(stream->targets_count == 0);
    size_t count = stream->readers_count + 1;
    stream->readers = realloc(stream->readers, count * sizeof(*stream->readers));
    stream->heard_at_us = realloc(stream->heard_at_us, count * sizeof(*stream->heard_at_us));
    GB_CHECK(stream->readers != NULL && stream->heard_at_us != NULL);
    stream->heard_at_us[stream->readers_count] = 0;
    stream->readers[stream->readers_count] = reader;
    stream->readers_count = count;
}

static void add_metrics(const struct gb_stream *stream, struct gb_target *target)
{
    char labels[256];
    (void)snprintf(labels, sizeof(labels), "stream=\"%s\",topic=\"%s\",partition=\"%d\"",
                   stream->name, target->topic, target->partition);
    target->cut_page =
        gb_metric_gauge("geobill_stream_cut_page", labels, "Last page stored for the partition.");
    target->sent_page = gb_metric_gauge("geobill_stream_sent_page", labels,
                                        "Last page that Kafka has confirmed for the partition.");
    size_t used = strlen(labels);
    for (size_t i = 0; i < stream->readers_count; i++) {
        (void)snprintf(labels + used, sizeof(labels) - used, ",reader=\"%s\"",
                       stream->readers[i].code);
        target->readers[i].acknowledged =
            gb_metric_gauge("geobill_stream_acknowledged_page", labels,
                            "Last page that the reader has complete in the partition.");
    }
}

static uint32_t add_target(struct gb_stream *stream, const char *topic, int32_t partition)
{
    if (stream->targets_count == stream->targets_size) {
        stream->targets_size = stream->targets_size == 0 ? 8 : 2 * stream->targets_size;
        stream->targets = realloc(stream->targets, stream->targets_size * sizeof(*stream->targets));
        GB_CHECK(stream->targets != NULL);
    }
    struct gb_target *target = &stream->targets[stream->targets_count];
    *target = (struct gb_target){.partition = partition};
    GB_CHECK(strlen(topic) < sizeof(target->topic));
    memcpy(target->topic, topic, strlen(topic) + 1);
    target->readers = calloc(stream->readers_count + 1, sizeof(*target->readers));
    GB_CHECK(target->readers != NULL);
    add_metrics(stream, target);
    return (uint32_t)stream->targets_count++;
}

uint32_t gb_stream_target(struct gb_stream *stream, const char *topic, int32_t partition)
{
    for (uint32_t i = 0; i < stream->targets_count; i++) {
        const struct gb_target *target = &stream->targets[i];
        if (target->partition == partition && strcmp(target->topic, topic) == 0)
            return i;
    }
    return add_target(stream, topic, partition);
}

void gb_stream_set_end(struct gb_stream *stream, const char *end)
{
    char *copy = strdup(end);
    GB_CHECK(copy != NULL);
    free(stream->end);
    stream->end = copy;
}

void gb_stream_add_page(struct gb_stream *stream, const struct gb_page *page)
{
    GB_CHECK(page->number == stream->last + 1);
    stream->last = page->number;
    for (size_t i = 0; i < page->parts_count; i++) {
        struct gb_target *target = &stream->targets[page->parts[i].target];
        target->cut = page->number;
        gb_metric_set(target->cut_page, page->number);
    }
}
