/* trace.h: W3C trace context (traceparent), carried HTTP -> row -> Kafka -> ledger. */
#ifndef GB_RUNTIME_TRACE_H
#define GB_RUNTIME_TRACE_H

#include <stdbool.h>

#include "runtime/uuid.h"

struct gb_trace {
    struct gb_uuid trace_id; /* all zero = none */
    int64_t span_id;         /* 0 = none; the eight bytes in big-endian order */
};

#define GB_TRACEPARENT_SIZE 56

/* A fresh trace id and span id. */
struct gb_trace gb_trace_new(void);
/* The same trace with a fresh span id: one hop on. */
struct gb_trace gb_trace_child(struct gb_trace parent);
/* Reads "00-<32 hex>-<16 hex>-<2 hex>"; false when it is not one (then make a new one). */
bool gb_trace_parse(const char *traceparent, struct gb_trace *ret);
/* Takes an X-Trace-Id of 32 hex digits (dashes allowed) as the trace id. */
bool gb_trace_parse_id(const char *text, struct gb_trace *ret);
void gb_trace_format(struct gb_trace trace, char text[GB_TRACEPARENT_SIZE]);

#endif
