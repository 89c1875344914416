/* money.h: int64 minor units with overflow checks. Pure. */
#ifndef GB_CORE_MONEY_H
#define GB_CORE_MONEY_H

#include <stdbool.h>
#include <stdint.h>

/* A share's balance stays at or below this, so that every JSON client can read it (2^53 - 1). */
#define GB_BALANCE_MAX INT64_C(9007199254740991)
/* The largest amount of one command. */
#define GB_AMOUNT_MAX INT64_C(1000000000000000)
/* Cumulative totals are refused long before int64 ends. */
#define GB_TOTAL_MAX (INT64_C(1) << 62)

/* An ISO 4217 code, upper case, zero-terminated. */
struct gb_currency {
    char code[4];
};

bool gb_currency_parse(const char *text, struct gb_currency *ret); /* three letters A-Z */
bool gb_currency_equal(struct gb_currency a, struct gb_currency b);

/* False on overflow; *ret is untouched then. */
bool gb_money_add(int64_t a, int64_t b, int64_t *ret) __attribute__((warn_unused_result));
bool gb_money_subtract(int64_t a, int64_t b, int64_t *ret) __attribute__((warn_unused_result));

/* 1 .. GB_AMOUNT_MAX. */
bool gb_amount_valid(int64_t minor_units);

#endif
