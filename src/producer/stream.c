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
    stream->source.owner = stream;
    GB_CHECK(strlen(name) < sizeof(stream->name) && strlen(topic) < sizeof(stream->topic));
    memcpy(stream->name, name, strlen(name) + 1);
    memcpy(stream->topic, topic, strlen(topic) + 1);
}

void gb_stream_done(struct gb_stream *stream)
{
    for (size_t i = 0; i < stream->source.partitions_count; i++) {
        free(stream->source.partitions[i].readers);
        free(stream->targets[i].acknowledged_page);
        free(stream->targets[i].resends);
    }
    free(stream->source.partitions);
    free(stream->source.heard_at_us);
    free(stream->targets);
    free(stream->readers);
    free(stream->end);
    *stream = (struct gb_stream){.kind = NULL};
}

void gb_stream_add_reader(struct gb_stream *stream, struct gb_dc reader)
{
    struct gb_stream_source *source = &stream->source;
    GB_CHECK(source->partitions_count == 0);
    size_t count = source->readers_count + 1;
    stream->readers = realloc(stream->readers, count * sizeof(*stream->readers));
    source->heard_at_us = realloc(source->heard_at_us, count * sizeof(*source->heard_at_us));
    GB_CHECK(stream->readers != NULL && source->heard_at_us != NULL);
    source->heard_at_us[source->readers_count] = 0;
    stream->readers[source->readers_count] = reader;
    source->readers_count = count;
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
    for (size_t i = 0; i < stream->source.readers_count; i++) {
        (void)snprintf(labels + used, sizeof(labels) - used, ",reader=\"%s\"",
                       stream->readers[i].code);
        target->acknowledged_page[i] =
            gb_metric_gauge("geobill_stream_acknowledged_page", labels,
                            "Last page that the reader has complete in the partition.");
    }
}

void gb_stream_show(const struct gb_stream *stream)
{
    for (size_t i = 0; i < stream->source.partitions_count; i++) {
        const struct gb_stream_partition *partition = &stream->source.partitions[i];
        const struct gb_target *target = &stream->targets[i];
        gb_metric_set(target->cut_page, partition->cut);
        gb_metric_set(target->sent_page, partition->sent);
        for (size_t r = 0; r < stream->source.readers_count; r++)
            gb_metric_set(target->acknowledged_page[r], partition->readers[r].acknowledged);
    }
}

static void grow_targets(struct gb_stream *stream)
{
    struct gb_stream_source *source = &stream->source;
    size_t size = stream->targets_size == 0 ? 8 : 2 * stream->targets_size;
    stream->targets = realloc(stream->targets, size * sizeof(*stream->targets));
    source->partitions = realloc(source->partitions, size * sizeof(*source->partitions));
    GB_CHECK(stream->targets != NULL && source->partitions != NULL);
    stream->targets_size = size;
}

static uint32_t add_target(struct gb_stream *stream, const char *topic, int32_t number)
{
    struct gb_stream_source *source = &stream->source;
    if (source->partitions_count == stream->targets_size)
        grow_targets(stream);
    struct gb_stream_partition *partition = &source->partitions[source->partitions_count];
    struct gb_target *target = &stream->targets[source->partitions_count];
    *target = (struct gb_target){.partition = number};
    GB_CHECK(strlen(topic) < sizeof(target->topic));
    memcpy(target->topic, topic, strlen(topic) + 1);
    *partition = (struct gb_stream_partition){
        .readers = calloc(source->readers_count + 1, sizeof(*partition->readers))};
    target->acknowledged_page =
        calloc(source->readers_count + 1, sizeof(*target->acknowledged_page));
    target->resends = calloc(source->readers_count + 1, sizeof(*target->resends));
    GB_CHECK(partition->readers != NULL && target->acknowledged_page != NULL &&
             target->resends != NULL);
    add_metrics(stream, target);
    return (uint32_t)source->partitions_count++;
}

uint32_t gb_stream_target(struct gb_stream *stream, const char *topic, int32_t partition)
{
    for (uint32_t i = 0; i < stream->source.partitions_count; i++) {
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
    GB_CHECK(page->number == stream->source.last + 1);
    gb_stream_source_stored(&stream->source, page->number);
    for (size_t i = 0; i < page->parts_count; i++)
        stream->source.partitions[page->parts[i].target].cut = page->number;
}
