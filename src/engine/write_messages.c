/* What changed between this datacenter and its peers: links, and rows of the outbox. */
#include "db/sql.h"
#include "engine/work.h"

static size_t changed_links(const struct gb_work *work)
{
    size_t n = 0;
    for (size_t i = 0; i < work->books.accounts_count; i++) {
        const struct gb_account *account = &work->books.accounts[i];
        for (size_t k = 0; k < account->links_count; k++)
            n += account->links[k].changed;
    }
    return n;
}

void gb_write_links(struct gb_writing *writing)
{
    const struct gb_work *work = writing->work;
    size_t n = changed_links(work), row = 0;
    if (n == 0)
        return;
    int64_t *accounts = gb_work_array(work->arena, n, sizeof(*accounts));
    const char **peers = gb_work_array(work->arena, n, sizeof(*peers));
    int64_t *columns = gb_work_array(work->arena, n * GB_LINK_NUMBERS, sizeof(*columns));
    for (size_t i = 0; i < work->books.accounts_count; i++) {
        const struct gb_account *account = &work->books.accounts[i];
        for (size_t k = 0; k < account->links_count; k++) {
            int64_t numbers[GB_LINK_NUMBERS];
            if (!account->links[k].changed)
                continue;
            gb_link_numbers_get(&account->links[k], numbers);
            accounts[row] = account->no.value;
            peers[row] = account->links[k].peer.code;
            for (size_t c = 0; c < GB_LINK_NUMBERS; c++)
                columns[c * n + row] = numbers[c];
            row++;
        }
    }
    struct gb_params *params = gb_writing_add(writing, &gb_sql_share_link_save);
    gb_params_int8_array(params, accounts, NULL, n);
    gb_params_text_array(params, peers, n);
    for (size_t c = 0; c < GB_LINK_NUMBERS; c++)
        gb_params_int8_array(params, columns + c * n, NULL, n);
}

void gb_write_outbox(struct gb_writing *writing)
{
    const struct gb_work *work = writing->work;
    size_t n = work->messages_count;
    if (n == 0)
        return;
    const char **texts = gb_work_array(work->arena, 5 * n, sizeof(*texts));
    struct gb_uuid *ids = gb_work_array(work->arena, 2 * n, sizeof(*ids));
    struct gb_bytes *payloads = gb_work_array(work->arena, n, sizeof(*payloads));
    int64_t *spans = gb_work_array(work->arena, n, sizeof(*spans));
    bool *span_nulls = gb_work_array(work->arena, n, sizeof(*span_nulls));
    for (size_t i = 0; i < n; i++) {
        const struct gb_work_message *message = &work->messages[i];
        texts[i] = message->dc;
        texts[n + i] =
            gb_arena_printf(work->arena, "geobill.%s.%s.v1", message->dc, message->family);
        texts[2 * n + i] = message->account_id;
        texts[3 * n + i] = message->about;
        texts[4 * n + i] = gb_message_type(message->kind);
        ids[i] = gb_uuid_v7();
        ids[n + i] = message->trace.trace_id;
        payloads[i] = message->framed;
        spans[i] = message->trace.span_id;
        span_nulls[i] = message->trace.span_id == 0;
    }
    struct gb_params *params = gb_writing_add(writing, &gb_sql_outbox_insert);
    gb_params_text_array(params, texts, n);
    gb_params_text_array(params, texts + n, n);
    gb_params_uuid_array(params, ids, n);
    gb_params_text_array(params, texts + 2 * n, n);
    gb_params_bytea_array(params, payloads, n);
    gb_params_uuid_array(params, ids + n, n);
    gb_params_int8_array(params, spans, span_nulls, n);
    gb_params_text_array(params, texts + 3 * n, n);
    gb_params_text_array(params, texts + 4 * n, n);
    gb_params_int8(params, work->now_us);
    gb_params_int4(params, work->epoch);
}
