/* try_commands.h: dry runs: what commands would be answered now. */
#ifndef GB_API_TRY_COMMANDS_H
#define GB_API_TRY_COMMANDS_H

#include "api/commands.h"

/* Decides those of the batch that are identified, each after the ones before it, writes nothing and
 * answers them. On failure those that are not answered are still in batch->taken. */
enum gb_result gb_api_try_commands(struct gb_api_command_batch *batch, struct gb_engine *engine,
                                   struct gb_err *err) GB_MUST_USE;

#endif
