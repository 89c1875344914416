#include "world.h"

#define PAYIN(node, amount)                                                                        \
    {                                                                                              \
        node, GB_OPERATION_PAYIN, amount, false                                                    \
    }
#define PAYOUT(node, amount)                                                                       \
    {                                                                                              \
        node, GB_OPERATION_PAYOUT, amount, false                                                   \
    }
#define HURRIED(node, amount)                                                                      \
    {                                                                                              \
        node, GB_OPERATION_PAYOUT, amount, true                                                    \
    }

const struct scenario SCENARIOS[] = {
    {"two, one short pay-out", 2, {1, 2}, {PAYOUT(0, 3)}, 1, 0, 6, true, true},
    {"two, opposite pay-outs", 2, {2, 2}, {PAYOUT(0, 3), PAYOUT(1, 3)}, 2, 0, 5, true, false},
    {"two, prefetch", 2, {0, 6}, {PAYOUT(0, 1), PAYOUT(0, 2), PAYOUT(1, 7)}, 3, 2, 4, true, false},
    {"two, opposite, pay-in in the middle",
     2,
     {1, 2},
     {PAYOUT(0, 3), PAYOUT(1, 3), PAYIN(1, 2)},
     3,
     0,
     4,
     true,
     false},
    {"two, hurried in vain", 2, {1, 1}, {HURRIED(0, 3), PAYOUT(1, 2)}, 2, 0, 6, true, false},
    {"two, a hold captured in part, voided, expired",
     2,
     {2, 2},
     {{0, GB_OPERATION_HOLD, 3, false},
      {0, GB_OPERATION_CAPTURE, 2, false},
      {0, GB_OPERATION_VOID, 3, false},
      PAYOUT(1, 2)},
     4,
     0,
     4,
     true,
     false},
    {"three, one short pay-out", 3, {1, 1, 2}, {PAYOUT(0, 4)}, 1, 0, 3, true, false},
    {"three, opposite pay-outs", 3, {1, 1, 1}, {PAYOUT(0, 2), PAYOUT(1, 2)}, 2, 0, 2, true, false},
    {"three, opposite, prefetch, pay-in in the middle",
     3,
     {1, 3, 0},
     {PAYOUT(0, 2), PAYOUT(2, 2), PAYIN(2, 1)},
     3,
     2,
     2,
     false,
     false},
    {"two, opposite, prefetch, pay-in in the middle",
     2,
     {2, 4},
     {PAYOUT(0, 3), PAYOUT(1, 5), PAYIN(0, 2)},
     3,
     2,
     6,
     false,
     true},
    {"three, all want all",
     3,
     {1, 1, 1},
     {PAYOUT(0, 3), PAYOUT(1, 3), PAYOUT(2, 3)},
     3,
     0,
     2,
     false,
     false},
};
const int SCENARIOS_COUNT = (int)(sizeof(SCENARIOS) / sizeof(SCENARIOS[0]));
