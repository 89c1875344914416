#include "api/reservations.h"

/* Columns of reservation_waits and reservation_asks. */
enum { PLACE, OPERATIONS, AMOUNT, SINCE, NEXT_DEADLINE };
enum { ASK_DC = 1, ASK_ASKED, ASK_CAME, ASK_ROUNDS, ASK_AT };
/* Columns of operation_steps. */
enum {
    STEP_DC,
    STEP_AT,
    STEP_DEADLINE,
    STEP_ASKED,
    STEP_CAME,
    STEP_ROUNDS,
    STEP_SILENT,
    STEP_FACTS
};

static bool is_of(const struct gb_rows *rows, size_t row, size_t n)
{
    return row < gb_rows_count(rows) && gb_rows_int(rows, row, PLACE) == (int64_t)n + 1;
}

static void view_waits(struct gb_json_text *text, const struct gb_rows *rows, size_t row, bool any,
                       const char *currency)
{
    gb_json_name(text, "waiting");
    gb_json_raw(text, "{");
    gb_json_member_int(text, "operations", any ? gb_rows_int(rows, row, OPERATIONS) : 0);
    gb_json_member_money(text, "amount", any ? gb_rows_int(rows, row, AMOUNT) : 0, currency);
    if (any) {
        gb_json_member_time(text, "since", gb_rows_int(rows, row, SINCE));
        gb_json_member_time(text, "next_deadline", gb_rows_int(rows, row, NEXT_DEADLINE));
    }
    gb_json_raw(text, "}");
}

static void view_ask(struct gb_json_text *text, const struct gb_rows *rows, size_t row,
                     const char *currency)
{
    gb_json_raw(text, "{");
    gb_json_member_text(text, "dc", gb_rows_text(rows, row, ASK_DC));
    gb_json_member_money(text, "asked", gb_rows_int(rows, row, ASK_ASKED), currency);
    gb_json_member_money(text, "came", gb_rows_int(rows, row, ASK_CAME), currency);
    gb_json_member_int(text, "rounds", gb_rows_int(rows, row, ASK_ROUNDS));
    gb_json_member_time(text, "asked_at", gb_rows_int(rows, row, ASK_AT));
    gb_json_raw(text, "}");
}

void gb_api_view_reservations(struct gb_json_text *text, struct gb_api_reservations *from, size_t n,
                              const char *currency)
{
    bool waits = is_of(from->waits, from->next_wait, n);
    gb_json_name(text, "reservations");
    gb_json_raw(text, "{");
    view_waits(text, from->waits, from->next_wait, waits, currency);
    from->next_wait += waits;
    gb_json_name(text, "asks");
    gb_json_raw(text, "[");
    for (bool first = true; is_of(from->asks, from->next_ask, n); first = false) {
        gb_json_raw(text, first ? "" : ",");
        view_ask(text, from->asks, from->next_ask++, currency);
    }
    gb_json_raw(text, "]}");
}

static void view_step(struct gb_json_text *text, const struct gb_rows *rows, size_t row,
                      const char *currency)
{
    bool begins = gb_rows_null(rows, row, STEP_DC);
    gb_json_raw(text, "{");
    gb_json_member_text(text, "step", begins ? "WAITING" : "ASKED");
    gb_json_member_time(text, "at", gb_rows_int(rows, row, STEP_AT));
    if (!begins) {
        gb_json_member_text(text, "dc", gb_rows_text(rows, row, STEP_DC));
        gb_json_member_money(text, "asked", gb_rows_int(rows, row, STEP_ASKED), currency);
        gb_json_member_money(text, "came", gb_rows_int(rows, row, STEP_CAME), currency);
        gb_json_member_int(text, "rounds", gb_rows_int(rows, row, STEP_ROUNDS));
        gb_json_name(text, "silent");
        gb_json_raw(text, gb_rows_bool(rows, row, STEP_SILENT) ? "true" : "false");
    }
    gb_json_raw(text, "}");
}

static void view_decision(struct gb_json_text *text, const struct gb_api_waited *waited)
{
    gb_json_raw(text, ",{");
    gb_json_member_text(text, "step", gb_operation_state_name(waited->state));
    gb_json_member_time(text, "at", waited->decided_at_us);
    gb_json_member_text(text, "reason", waited->reason);
    gb_json_raw(text, "}");
}

void gb_api_view_steps(struct gb_json_text *text, const struct gb_api_waited *waited)
{
    size_t count = gb_rows_count(waited->steps);
    const char *facts = NULL;
    if (count == 0)
        return;
    gb_json_name(text, "steps");
    gb_json_raw(text, "[");
    for (size_t row = 0; row < count; row++) {
        gb_json_raw(text, row == 0 ? "" : ",");
        view_step(text, waited->steps, row, waited->currency);
    }
    if (waited->decided_at_us != 0)
        view_decision(text, waited);
    gb_json_raw(text, "]");
    for (size_t row = 0; row < count; row++) {
        if (!gb_rows_null(waited->steps, row, STEP_DEADLINE))
            gb_json_member_time(text, "deadline", gb_rows_int(waited->steps, row, STEP_DEADLINE));
        if (!gb_rows_null(waited->steps, row, STEP_FACTS))
            facts = gb_rows_text(waited->steps, row, STEP_FACTS);
    }
    if (facts != NULL) {
        gb_json_name(text, "facts");
        gb_json_raw(text, facts);
    }
}
