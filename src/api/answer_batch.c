/* The answers of a batch's commands, as they come, and the batch's when all are there. */
#include "api/client_batch.h"
#include "api/json_text.h"

void gb_api_batch_free(struct gb_api_client_batch *batch)
{
    struct gb_api *api = batch->api; /* the request may be answered, and gone */
    gb_arena_free(batch->arena);     /* the batch lies in it */
    atomic_fetch_sub(&api->batches, 1);
}

static void write_answer(struct gb_json_text *text, const struct gb_api_batched *command)
{
    gb_json_raw(text, command->index == 0 ? "{" : ",{");
    gb_json_member_int(text, "index", (int64_t)command->index);
    gb_json_member_text(text, "key", command->request.key);
    gb_json_member_int(text, "status", command->status);
    if (command->replayed) {
        gb_json_name(text, "replayed");
        gb_json_raw(text, "true");
    }
    gb_json_name(text, "body");
    gb_json_raw_bytes(text, command->answer);
    gb_json_raw(text, "}");
}

static void answer(struct gb_api_client_batch *batch)
{
    struct gb_json_text text;
    gb_json_init(&text, batch->arena);
    gb_json_raw(&text, "{\"answers\":[");
    for (size_t i = 0; i < batch->count; i++)
        write_answer(&text, &batch->commands[i]);
    gb_json_raw(&text, "]}");
    gb_api_answer_ok(batch->request, gb_json_done(&text));
}

void gb_api_batch_answered(struct gb_api_client_batch *batch)
{
    if (atomic_fetch_sub(&batch->awaited, 1) != 1)
        return;
    answer(batch);
    gb_api_batch_free(batch);
}

bool gb_api_refuse_batch(struct gb_api_client_batch *batch)
{
    size_t at = 0;
    while (at < batch->count && batch->commands[at].status == 0)
        at++;
    if (at == batch->count)
        return false;
    const struct gb_api_batched *command = &batch->commands[at];
    const char *field =
        gb_arena_printf(batch->arena, "commands[%zu]%s%s", at, command->field == NULL ? "" : ".",
                        command->field == NULL ? "" : command->field);
    gb_api_refuse(batch->request, command->error, field, command->detail);
    gb_api_batch_free(batch);
    return true;
}

static const char *copy(struct gb_arena *arena, const char *text)
{
    return text == NULL ? NULL : gb_arena_strdup(arena, text);
}

static void keep(struct gb_api_batched *command, int status, struct gb_bytes answer)
{
    GB_CHECK(answer.data != NULL && command->status == 0); /* the arena has room for all answers */
    command->queue = NULL;
    command->answer = answer;
    command->status = status;
    gb_api_batch_answered(command->batch);
}

void gb_api_batched_answer(struct gb_api_request *request, const struct gb_api_answer *answer)
{
    request->batched->replayed = answer->replayed;
    keep(request->batched, answer->status, answer->body);
}

void gb_api_batched_refuse(struct gb_api_request *request, const struct gb_api_refusal *refusal,
                           const struct gb_problem *problem)
{
    struct gb_api_batched *command = request->batched;
    command->replayed = refusal->replayed;
    command->error = refusal->error;
    command->field = copy(request->arena, refusal->field);
    command->detail = copy(request->arena, refusal->detail);
    keep(request->batched, problem->status, gb_problem_write(problem, request->arena));
}

bool gb_api_batched_keep(struct gb_api_request *request, struct gb_queue *queue)
{
    struct gb_api_batched *command = request->batched;
    if (command == NULL || !command->batch->reading)
        return false;
    command->queue = queue;
    return true;
}
