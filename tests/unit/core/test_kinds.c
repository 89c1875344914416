#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/kinds.h"

/* The numbers are in databases and the names on the wire: both are written out here once more, so
 * that a change of either is seen. */
struct expected {
    int number;
    const char *name;
};
#define LAST                                                                                       \
    {                                                                                              \
        0, NULL                                                                                    \
    }
static const struct expected OPERATION_KINDS[] = {{1, "PAYIN"},   {2, "PAYOUT"}, {3, "HOLD"},
                                                  {4, "CAPTURE"}, {5, "VOID"},   {6, "TRANSFER"},
                                                  {7, "CHARGE"},  {8, "REFUND"}, LAST};
static const struct expected OPERATION_STATES[] = {
    {1, "ACCEPTED"}, {2, "BOOKED"}, {3, "WAITING"},  {4, "PAID"},
    {5, "REFUSED"},  {6, "HELD"},   {7, "RELEASED"}, LAST};
static const struct expected ENTRY_KINDS[] = {
    {1, "PAYIN"},   {2, "PAYOUT"},   {3, "SHARE_OUT"},     {4, "SHARE_IN"},
    {5, "STATUS"},  {6, "HOLD"},     {7, "CAPTURE"},       {8, "VOID"},
    {9, "EXPIRE"},  {10, "RELEASE"}, {11, "TRANSFER_OUT"}, {12, "TRANSFER_IN"},
    {13, "CHARGE"}, {14, "REFUND"},  {15, "OPENING"},      LAST};
static const struct expected HOLD_STATES[] = {
    {1, "OPEN"}, {2, "CAPTURED"}, {3, "VOIDED"}, {4, "EXPIRED"}, LAST};
static const struct expected STATUSES[] = {
    {1, "OPEN"}, {2, "BLOCKED"}, {3, "CLOSING"}, {4, "CLOSED"}, LAST};
static const struct expected ROLES[] = {
    {1, "read"}, {2, "write"}, {3, "operate"}, {4, "admin"}, LAST};

static void check_names(const struct expected *list, const char *(*name_of)(int))
{
    int i = 0;
    for (; list[i].name != NULL; i++)
        assert_string_equal(name_of(list[i].number), list[i].name);
    assert_null(name_of(list[i - 1].number + 1));
    assert_null(name_of(0));
    assert_null(name_of(-1));
}

static void numbers_and_names_are_frozen(void **state)
{
    (void)state;
    check_names(OPERATION_KINDS, gb_operation_kind_name);
    check_names(OPERATION_STATES, gb_operation_state_name);
    check_names(ENTRY_KINDS, gb_entry_kind_name);
    check_names(STATUSES, gb_account_status_name);
    check_names(HOLD_STATES, gb_hold_state_name);
    check_names(ROLES, gb_role_name);
}

static void names_read_back(void **state)
{
    (void)state;
    enum gb_operation_state operation_state = GB_STATE_WAITING;
    enum gb_account_status status = GB_STATUS_CLOSED;
    enum gb_role role = GB_ROLE_ADMIN;
    for (int i = 0; OPERATION_STATES[i].name != NULL; i++) {
        assert_true(gb_operation_state_parse(OPERATION_STATES[i].name, &operation_state));
        assert_int_equal(operation_state, OPERATION_STATES[i].number);
    }
    for (int i = 0; STATUSES[i].name != NULL; i++) {
        assert_true(gb_account_status_parse(STATUSES[i].name, &status));
        assert_int_equal(status, STATUSES[i].number);
    }
    for (int i = 0; ROLES[i].name != NULL; i++) {
        assert_true(gb_role_parse(ROLES[i].name, &role));
        assert_int_equal(role, ROLES[i].number);
    }
}

static void other_words_are_none(void **state)
{
    (void)state;
    enum gb_operation_state operation_state = GB_STATE_WAITING;
    enum gb_account_status status = GB_STATUS_CLOSED;
    enum gb_role role = GB_ROLE_ADMIN;
    static const char *const words[] = {"", "accepted", "open", "Admin", "PAYIN", "OPEN "};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        assert_false(gb_operation_state_parse(words[i], &operation_state));
        assert_false(gb_account_status_parse(words[i], &status));
        assert_false(gb_role_parse(words[i], &role));
    }
    assert_int_equal(operation_state, GB_STATE_WAITING);
    assert_int_equal(status, GB_STATUS_CLOSED);
    assert_int_equal(role, GB_ROLE_ADMIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_names_are_frozen),
        cmocka_unit_test(names_read_back),
        cmocka_unit_test(other_words_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
