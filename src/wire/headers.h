/* headers.h: the names of the headers that we write and read. Internal to wire. */
#ifndef GB_WIRE_HEADERS_H
#define GB_WIRE_HEADERS_H

#define GB_CE_SPECVERSION "1.0"
#define GB_CE_SOURCE_PREFIX "geobill/"
#define GB_CONTENT_TYPE_AVRO "application/avro"

enum gb_header_name {
    GB_HEADER_SPECVERSION,
    GB_HEADER_ID,
    GB_HEADER_CE_SOURCE,
    GB_HEADER_TYPE,
    GB_HEADER_TIME,
    GB_HEADER_CONTENT_TYPE,
    GB_HEADER_TRACEPARENT,
    GB_HEADER_SOURCE, /* from here on: the mark of a streamed record, all or none */
    GB_HEADER_STREAM,
    GB_HEADER_INCARNATION,
    GB_HEADER_PAGE,
    GB_HEADER_INDEX,
    GB_HEADER_COUNT,
    GB_HEADER_PREVIOUS,
    GB_HEADER_CUT_AT,
    GB_HEADER_NAMES,
};

extern const char *const gb_header_names[GB_HEADER_NAMES];

#endif
