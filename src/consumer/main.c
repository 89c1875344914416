/* geobill-consumer: books pay-ins (lane "payin"), hears what its peers ask for (lane "reserve"),
 * their answers, results and acknowledgements (lane "control"), reads what other programs wrote to
 * our dead letters (lane "letters"), and keeps time (the sweep). */
#include <stdio.h>
#include <string.h>

#include "bus/record.h"
#include "consumer/book_payins.h"
#include "consumer/hear_asks.h"
#include "consumer/read_control.h"
#include "consumer/read_letters.h"
#include "consumer/read_table.h"
#include "consumer/sweep.h"
#include "http/health.h"
#include "runtime/daemon.h"
#include "runtime/log.h"
#include "runtime/stop.h"
#include "stream/beat.h"
#include "stream/lane.h"
#include "wire/messages.h"

struct consumer {
    const struct gb_config *config;
    struct gb_engine_options engine;
    bool is_catalogue;
    struct gb_wake_sender *wake;
    struct gb_book_payins *book;
    struct gb_read_table *table;
    struct gb_hear_asks *asks;
    struct gb_read_control *control;
    struct gb_read_letters *letters;
    struct gb_lane *payin_lane, *reserve_lane, *control_lane, *letters_lane;
    struct gb_sweep *sweep;
    struct gb_health *health;
    char payin_topic[GB_TOPIC_SIZE], reserve_topic[GB_TOPIC_SIZE], control_topic[GB_TOPIC_SIZE];
    char letters_topic[GB_TOPIC_SIZE];
    char payin_group[GB_TOPIC_SIZE], reserve_group[GB_TOPIC_SIZE], control_group[GB_TOPIC_SIZE];
    char letters_group[GB_TOPIC_SIZE];
    struct gb_lane_stream payin_streams[2], reserve_streams[1], control_streams[2];
    struct gb_lane_stream letters_streams[1];
};

static enum gb_result read_settings(struct consumer *consumer, const struct gb_daemon *daemon,
                                    struct gb_err *err)
{
    const char *catalogue = NULL;
    consumer->config = daemon->config;
    enum gb_result result =
        gb_config_need(daemon->config, "datacenter", "catalogue", &catalogue, err);
    if (result != GB_OK)
        return result;
    consumer->is_catalogue = strcmp(catalogue, daemon->dc) == 0;
    const char *wake = gb_config_text(daemon->config, "publisher", "wake");
    if (wake != NULL)
        result = gb_wake_sender_open(wake, &consumer->wake, err);
    if (result != GB_OK)
        return result;
    return gb_engine_settings_read(daemon->config, consumer->wake, &consumer->engine, err);
}

static void name_streams(struct consumer *consumer)
{
    const char *dc = consumer->engine.dc.code;
    gb_topic_name(consumer->payin_topic, dc, "payin");
    gb_topic_name(consumer->reserve_topic, dc, "reserve");
    gb_topic_name(consumer->control_topic, dc, "reserve-reply");
    gb_topic_name(consumer->letters_topic, dc, "dlq");
    (void)snprintf(consumer->payin_group, sizeof(consumer->payin_group), "geobill.%s.consumer", dc);
    (void)snprintf(consumer->reserve_group, sizeof(consumer->reserve_group), "geobill.%s.reserve",
                   dc);
    (void)snprintf(consumer->control_group, sizeof(consumer->control_group), "geobill.%s.control",
                   dc);
    (void)snprintf(consumer->letters_group, sizeof(consumer->letters_group), "geobill.%s.letters",
                   dc);
    /* Our own pay-ins, and what others relay to us: their streams to us bear our name. */
    consumer->payin_streams[0] = (struct gb_lane_stream){consumer->payin_topic, "payin", dc};
    consumer->payin_streams[1] = (struct gb_lane_stream){consumer->payin_topic, dc, NULL};
    consumer->reserve_streams[0] = (struct gb_lane_stream){consumer->reserve_topic, dc, NULL};
    consumer->control_streams[0] = (struct gb_lane_stream){consumer->control_topic, dc, NULL};
    consumer->control_streams[1] = (struct gb_lane_stream){consumer->control_topic, "", NULL};
    consumer->letters_streams[0] = (struct gb_lane_stream){consumer->letters_topic, NULL, NULL};
}

static struct gb_read_table *table_of(const struct consumer *consumer)
{
    const struct gb_config *config = consumer->config;
    const struct gb_read_table_options options = {
        .dc = consumer->engine.dc,
        .topic = consumer->payin_topic,
        .instance = gb_config_text(config, "consumer", "instance"),
        .after_us = gb_config_int(config, "consumer", "table_after_ms") * 1000,
        .records_max = (size_t)gb_config_int(config, "consumer", "batch_records_max"),
        .page_records_max = (size_t)gb_config_int(config, "publisher", "page_records_max"),
        .inner = gb_book_payins_reader(consumer->book),
    };
    return gb_read_table_new(&options);
}

static enum gb_result open_lanes(struct consumer *consumer, struct gb_err *err)
{
    const char *dc = consumer->engine.dc.code;
    const struct gb_lane_options payin = {
        .config = consumer->config,
        .role = "consumer",
        .name = "payin",
        .dc = dc,
        .cluster = dc,
        .group = consumer->payin_group,
        .streams = consumer->payin_streams,
        .streams_count = 2,
        .reader = gb_read_table_reader(consumer->table),
        .tick = gb_read_table_tick,
        .context = consumer->table,
    };
    struct gb_lane_options reserve = payin;
    reserve.name = "reserve";
    reserve.group = consumer->reserve_group;
    reserve.streams = consumer->reserve_streams;
    reserve.streams_count = 1;
    reserve.reader = gb_hear_asks_reader(consumer->asks);
    reserve.tick = NULL;
    struct gb_lane_options control = payin;
    control.name = "control";
    control.group = consumer->control_group;
    control.streams = consumer->control_streams;
    control.reader = gb_read_control_reader(consumer->control);
    control.tick = NULL;
    struct gb_lane_options letters = reserve;
    letters.name = "letters";
    letters.group = consumer->letters_group;
    letters.streams = consumer->letters_streams;
    letters.reader = gb_read_letters_reader(consumer->letters);
    enum gb_result result = gb_lane_open(&payin, &consumer->payin_lane, err);
    if (result == GB_OK)
        result = gb_lane_open(&reserve, &consumer->reserve_lane, err);
    if (result == GB_OK)
        result = gb_lane_open(&control, &consumer->control_lane, err);
    if (result == GB_OK)
        result = gb_lane_open(&letters, &consumer->letters_lane, err);
    return result;
}

/* Appends what there is to say. */
static void say(char *text, size_t size, const char *more)
{
    size_t used = strlen(text);
    if (more[0] != '\0')
        (void)snprintf(text + used, size - used, "%s%s", used > 0 ? "; " : "", more);
}

static bool is_ready(void *context, char *ret_why, size_t size)
{
    const struct consumer *consumer = context;
    const struct gb_lane *const lanes[] = {consumer->payin_lane, consumer->reserve_lane,
                                           consumer->control_lane, consumer->letters_lane};
    char why[160];
    bool ready = true;
    ret_why[0] = '\0';
    gb_read_table_tell(consumer->table, why, sizeof(why));
    say(ret_why, size, why);
    for (size_t i = 0; i < sizeof(lanes) / sizeof(lanes[0]); i++) {
        ready &= gb_lane_ready(lanes[i], why, sizeof(why));
        say(ret_why, size, why);
    }
    return ready;
}

static void tell_detail(void *context, char *ret_text, size_t size)
{
    if (is_ready(context, ret_text, size) && ret_text[0] == '\0')
        (void)snprintf(ret_text, size, "ready");
}

static enum gb_result work(struct consumer *consumer, struct gb_err *err)
{
    const char *listen = NULL;
    enum gb_result result = open_lanes(consumer, err);
    if (result == GB_OK)
        result = gb_config_need(consumer->config, "consumer", "listen", &listen, err);
    if (result == GB_OK)
        result = gb_health_open(listen, is_ready, consumer, &consumer->health, err);
    if (result != GB_OK)
        return result;
    const struct gb_sweep_options sweep = {.config = consumer->config,
                                           .is_catalogue = consumer->is_catalogue,
                                           .engine = &consumer->engine};
    consumer->sweep = gb_sweep_open(&sweep);
    gb_service_notify("READY=1");
    const struct gb_beat_options beat = {
        .config = consumer->config, .role = "consumer", .detail = tell_detail, .context = consumer};
    return gb_beat_until_stop(&beat, err);
}

/* Threads first: they finish the batch in work. */
static enum gb_result close_all(struct consumer *consumer, enum gb_result result,
                                struct gb_err *err)
{
    gb_stop_ask();
    gb_service_notify("STOPPING=1");
    struct gb_err ends[5];
    const enum gb_result results[5] = {
        gb_lane_close(consumer->payin_lane, &ends[0]),
        gb_lane_close(consumer->reserve_lane, &ends[1]),
        gb_lane_close(consumer->control_lane, &ends[2]),
        gb_lane_close(consumer->letters_lane, &ends[3]),
        gb_sweep_close(consumer->sweep, &ends[4]),
    };
    for (int i = 0; i < 5 && result == GB_OK; i++) {
        result = results[i];
        if (result != GB_OK)
            *err = ends[i];
    }
    gb_health_close(consumer->health);
    gb_read_table_free(consumer->table);
    gb_book_payins_free(consumer->book);
    gb_hear_asks_free(consumer->asks);
    gb_read_control_free(consumer->control);
    gb_read_letters_free(consumer->letters);
    gb_wake_sender_close(consumer->wake);
    return result;
}

int main(int argc, char **argv)
{
    struct gb_daemon daemon = {.program = "geobill-consumer",
                               .about = "Books pay-ins, hears what peers ask and answer."};
    static struct consumer consumer;
    struct gb_err err = {.message = ""};
    int status;
    if (!gb_daemon_init(&daemon, argc, argv, &status))
        return status;
    enum gb_result result = gb_wire_init(&err);
    if (result == GB_OK)
        result = read_settings(&consumer, &daemon, &err);
    if (result == GB_OK) {
        name_streams(&consumer);
        consumer.book = gb_book_payins_new(&consumer.engine);
        consumer.table = table_of(&consumer);
        consumer.asks = gb_hear_asks_new(&consumer.engine);
        consumer.control = gb_read_control_new(&consumer.engine);
        consumer.letters = gb_read_letters_new();
        result = work(&consumer, &err);
    }
    result = close_all(&consumer, result, &err);
    gb_wire_done();
    return gb_daemon_done(&daemon, result, &err);
}
