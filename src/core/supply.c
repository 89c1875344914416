#include "core/supply.h"

bool gb_supply_look(struct gb_supply *supply, int64_t cut, struct gb_stream_reached reached,
                    int64_t now_us, int64_t after_us)
{
    bool behind = cut > reached.page;
    bool moved = reached.page != supply->complete || reached.records > supply->records;
    if (!behind)
        supply->still_since_us = 0;
    else if (supply->still_since_us == 0 || moved)
        supply->still_since_us = now_us;
    if (behind)
        supply->rest_since_us = 0;
    else if (supply->rest_since_us == 0)
        supply->rest_since_us = now_us;
    supply->cut = cut;
    supply->complete = reached.page;
    supply->records = reached.records;
    return behind && now_us - supply->still_since_us >= after_us;
}

bool gb_supply_rests(const struct gb_supply *supply, int64_t now_us, int64_t after_us)
{
    return supply->rest_since_us != 0 && now_us - supply->rest_since_us >= 2 * after_us;
}

enum gb_claim gb_claim_judge(bool ours, int64_t age_us, int64_t after_us)
{
    /* A database's clock that was set back makes no claim eternal. */
    bool over = age_us > after_us || age_us < -after_us;
    if (!ours)
        return over ? GB_CLAIM_TAKE : GB_CLAIM_LEAVE;
    return over || age_us > after_us / 2 ? GB_CLAIM_TAKE : GB_CLAIM_KEEP;
}
