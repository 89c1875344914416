#include "consumer/messages.h"

void gb_item_bury(struct gb_item *item, const char *code, const char *why)
{
    struct gb_err err;
    (void)gb_err_set(&err, GB_POISON, code, "%s", why);
    gb_item_dead(item, "decode", &err);
}

bool gb_item_comes_from(struct gb_item *item, struct gb_dc dc)
{
    struct gb_err err;
    if (gb_dc_equal(dc, item->envelope.source))
        return true;
    (void)gb_err_set(&err, GB_POISON, "SOURCE_CONTRADICTED",
                     "the message is of %s, its header says %s", dc.code,
                     item->envelope.source.code);
    gb_item_dead(item, "decode", &err);
    return false;
}

void gb_item_bury_poison(struct gb_item *item, const struct gb_command *command)
{
    struct gb_err err;
    if (command->outcome != GB_OUTCOME_POISON)
        return;
    (void)gb_err_set(&err, GB_POISON, command->poison_code, "%s", command->poison_message);
    gb_item_dead(item, "apply", &err);
}
