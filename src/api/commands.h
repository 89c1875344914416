/* commands.h: the commands lane: decides what is decided at once (all kinds but pay-ins), many in
 * one commit, by an engine of its own. */
#ifndef GB_API_COMMANDS_H
#define GB_API_COMMANDS_H

#include "api/api.h"
#include "api/known_accounts.h"
#include "engine/engine.h"

/* Starts the thread, which takes from api->command_queue. `options` are copied. */
struct gb_api_commands *gb_api_commands_open(struct gb_api *api,
                                             const struct gb_engine_options *options);
/* After the queue was closed: what is left in it is still decided. NULL is fine. */
void gb_api_commands_close(struct gb_api_commands *commands);
bool gb_api_commands_ready(const struct gb_api_commands *commands); /* any thread */

/* A batch on its way through the lane. */
struct gb_api_command_batch {
    struct gb_api *api;
    struct gb_pg *pg;
    struct gb_arena *arena;
    struct gb_api_known_accounts *known;
    struct gb_api_request **taken; /* NULL: answered or given away */
    size_t count;
    struct gb_api_request **part; /* room for those that a statement, or the engine, is about */
};

/* Gives each that has none its own created_at, so that a row tells whose it is. *next_us: the
 * earliest of the next one; whoever stamps keeps it. */
void gb_api_stamp_commands(struct gb_api_request *const *requests, size_t count, int64_t *next_us);
/* What the engine is to decide; points into the request. */
struct gb_command gb_api_engine_command(const struct gb_api_request *request);
/* What it has decided: answers the request, or lets it wait for its outcome. Gives it away. */
void gb_api_take_decision(struct gb_api_request *request, const struct gb_command *command);

/* Looks up accounts and holds that only their names are known of, and answers, or gives away, those
 * that remain unknown or are in another currency. What is left can be decided. */
enum gb_result gb_api_identify_commands(struct gb_api_command_batch *batch,
                                        struct gb_err *err) GB_MUST_USE;
/* Fills `part` with the requests that are (not) identified; returns how many. */
size_t gb_api_commands_part(struct gb_api_command_batch *batch, bool identified);
/* It was answered or given away. */
void gb_api_commands_forget(struct gb_api_command_batch *batch,
                            const struct gb_api_request *request);
void gb_api_refuse_mismatch(struct gb_api_request *request, const char *field);

/* Does its body, or its path, name a hold that is there already? */
bool gb_api_command_has_hold(const struct gb_api_command *command);

/* What is stored for the request's command is in request->command: answers it, or lets it wait for
 * its outcome. Gives the request away. Any thread. */
void gb_api_settle_command(struct gb_api_request *request);
/* The answer once the outcome is there, or not in time (states ACCEPTED and WAITING). Of a pay-in,
 * too. */
void gb_api_answer_command(struct gb_api_request *request);

#endif
