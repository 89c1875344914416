/* oids.h: the built-in types that cross the wire in binary. Fixed in PostgreSQL's catalogue since
 * ever. */
#ifndef GB_DB_OIDS_H
#define GB_DB_OIDS_H

enum gb_oid {
    GB_OID_ANY = 0, /* the server infers it */
    GB_OID_BOOL = 16,
    GB_OID_BYTEA = 17,
    GB_OID_NAME = 19,
    GB_OID_INT8 = 20,
    GB_OID_INT2 = 21,
    GB_OID_INT4 = 23,
    GB_OID_TEXT = 25,
    GB_OID_VARCHAR = 1043,
    GB_OID_BOOL_ARRAY = 1000,
    GB_OID_BYTEA_ARRAY = 1001,
    GB_OID_INT2_ARRAY = 1005,
    GB_OID_INT4_ARRAY = 1007,
    GB_OID_TEXT_ARRAY = 1009,
    GB_OID_INT8_ARRAY = 1016,
    GB_OID_UUID = 2950,
    GB_OID_UUID_ARRAY = 2951,
    GB_OID_XID8 = 5069,
};

#endif
