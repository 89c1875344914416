/* cm.h: cmocka with what it wants included before it. */
#ifndef GB_TESTS_WIRE_CM_H
#define GB_TESTS_WIRE_CM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
