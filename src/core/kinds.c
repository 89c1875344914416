#include "core/kinds.h"

#include <stddef.h>
#include <string.h>

/* One list: names by number; number 0 is none. */
struct names {
    const char *const *names;
    int count;
};

static const char *const OPERATION_KINDS[] = {
    NULL,
    [GB_OPERATION_PAYIN] = "PAYIN",
    [GB_OPERATION_PAYOUT] = "PAYOUT",
    [GB_OPERATION_HOLD] = "HOLD",
    [GB_OPERATION_CAPTURE] = "CAPTURE",
    [GB_OPERATION_VOID] = "VOID",
    [GB_OPERATION_TRANSFER] = "TRANSFER",
    [GB_OPERATION_CHARGE] = "CHARGE",
    [GB_OPERATION_REFUND] = "REFUND",
};
static const char *const OPERATION_STATES[] = {
    NULL,
    [GB_STATE_ACCEPTED] = "ACCEPTED",
    [GB_STATE_BOOKED] = "BOOKED",
    [GB_STATE_WAITING] = "WAITING",
    [GB_STATE_PAID] = "PAID",
    [GB_STATE_REFUSED] = "REFUSED",
    [GB_STATE_HELD] = "HELD",
    [GB_STATE_RELEASED] = "RELEASED",
};
static const char *const ENTRY_KINDS[] = {
    NULL,
    [GB_ENTRY_PAYIN] = "PAYIN",
    [GB_ENTRY_PAYOUT] = "PAYOUT",
    [GB_ENTRY_SHARE_OUT] = "SHARE_OUT",
    [GB_ENTRY_SHARE_IN] = "SHARE_IN",
    [GB_ENTRY_STATUS] = "STATUS",
    [GB_ENTRY_HOLD] = "HOLD",
    [GB_ENTRY_CAPTURE] = "CAPTURE",
    [GB_ENTRY_VOID] = "VOID",
    [GB_ENTRY_EXPIRE] = "EXPIRE",
    [GB_ENTRY_RELEASE] = "RELEASE",
    [GB_ENTRY_TRANSFER_OUT] = "TRANSFER_OUT",
    [GB_ENTRY_TRANSFER_IN] = "TRANSFER_IN",
    [GB_ENTRY_CHARGE] = "CHARGE",
    [GB_ENTRY_REFUND] = "REFUND",
    [GB_ENTRY_OPENING] = "OPENING",
};
static const char *const HOLD_STATES[] = {
    NULL,
    [GB_HOLD_OPEN] = "OPEN",
    [GB_HOLD_CAPTURED] = "CAPTURED",
    [GB_HOLD_VOIDED] = "VOIDED",
    [GB_HOLD_EXPIRED] = "EXPIRED",
};
static const char *const ACCOUNT_STATUSES[] = {
    NULL,
    [GB_STATUS_OPEN] = "OPEN",
    [GB_STATUS_BLOCKED] = "BLOCKED",
    [GB_STATUS_CLOSING] = "CLOSING",
    [GB_STATUS_CLOSED] = "CLOSED",
};
static const char *const ROLES[] = {
    NULL,
    [GB_ROLE_READ] = "read",
    [GB_ROLE_WRITE] = "write",
    [GB_ROLE_OPERATE] = "operate",
    [GB_ROLE_ADMIN] = "admin",
};

#define NAMES_OF(list) ((struct names){(list), (int)(sizeof(list) / sizeof((list)[0]))})

static const char *name_of(struct names list, int number)
{
    return number >= 1 && number < list.count ? list.names[number] : NULL;
}

/* 0 when `name` is not in the list. */
static int number_of(struct names list, const char *name)
{
    for (int i = 1; i < list.count; i++) {
        if (strcmp(list.names[i], name) == 0)
            return i;
    }
    return 0;
}

const char *gb_operation_kind_name(int kind)
{
    return name_of(NAMES_OF(OPERATION_KINDS), kind);
}

const char *gb_operation_state_name(int state)
{
    return name_of(NAMES_OF(OPERATION_STATES), state);
}

bool gb_operation_state_parse(const char *name, enum gb_operation_state *ret)
{
    int number = number_of(NAMES_OF(OPERATION_STATES), name);
    if (number == 0)
        return false;
    *ret = (enum gb_operation_state)number;
    return true;
}

const char *gb_entry_kind_name(int kind)
{
    return name_of(NAMES_OF(ENTRY_KINDS), kind);
}

const char *gb_account_status_name(int status)
{
    return name_of(NAMES_OF(ACCOUNT_STATUSES), status);
}

bool gb_account_status_parse(const char *name, enum gb_account_status *ret)
{
    int number = number_of(NAMES_OF(ACCOUNT_STATUSES), name);
    if (number == 0)
        return false;
    *ret = (enum gb_account_status)number;
    return true;
}

const char *gb_hold_state_name(int state)
{
    return name_of(NAMES_OF(HOLD_STATES), state);
}

const char *gb_role_name(int role)
{
    return name_of(NAMES_OF(ROLES), role);
}

bool gb_role_parse(const char *name, enum gb_role *ret)
{
    int number = number_of(NAMES_OF(ROLES), name);
    if (number == 0)
        return false;
    *ret = (enum gb_role)number;
    return true;
}
