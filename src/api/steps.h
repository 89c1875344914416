/* steps.h: what the routes do; one file each, named like its function. */
#ifndef GB_API_STEPS_H
#define GB_API_STEPS_H

#include "api/api.h"

/* On a server thread: read the request. False: it has been answered or given away. */
bool gb_api_prepare_payin(struct gb_api_request *request);   /* gives it to the intake */
bool gb_api_prepare_opening(struct gb_api_request *request); /* of an account */
bool gb_api_prepare_change(struct gb_api_request *request);  /* of an account's status */

/* In a lane. */
gb_api_work gb_api_open_account;
gb_api_work gb_api_change_account;
gb_api_work gb_api_close_account;
gb_api_work gb_api_read_account;
gb_api_work gb_api_list_accounts;
gb_api_work gb_api_read_balance;
gb_api_work gb_api_list_entries;
gb_api_work gb_api_read_operation;
gb_api_work gb_api_list_operations;

/* In a lane, for a pay-in whose account is not known here: asks the catalogue and gives it back to
 * the intake. */
gb_api_work gb_api_learn_account;

#endif
