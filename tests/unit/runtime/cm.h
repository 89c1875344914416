/* cm.h: cmocka with the headers that it wants before itself. */
#ifndef GB_TESTS_UNIT_RUNTIME_CM_H
#define GB_TESTS_UNIT_RUNTIME_CM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
