/* steps.h: what the routes do; one file each, named like its function. */
#ifndef GB_API_STEPS_H
#define GB_API_STEPS_H

#include "api/api.h"

/* On a server thread: read the request. False: it has been answered or given away. */
bool gb_api_prepare_payin(struct gb_api_request *request);   /* gives it to the intake */
bool gb_api_prepare_command(struct gb_api_request *request); /* gives it to the commands lane */
bool gb_api_prepare_refund(struct gb_api_request *request);  /* the same; to the intake elsewhere */
bool gb_api_prepare_opening(struct gb_api_request *request); /* of an account */
bool gb_api_prepare_service(struct gb_api_request *request);
bool gb_api_prepare_service_change(struct gb_api_request *request);
bool gb_api_prepare_change(struct gb_api_request *request);  /* of an account's status */
bool gb_api_prepare_balance(struct gb_api_request *request); /* gives it to the balances lane */
bool gb_api_prepare_proposal(struct gb_api_request *request);
bool gb_api_prepare_decision(struct gb_api_request *request); /* on a proposal */

/* In a lane. */
gb_api_work gb_api_open_account;
gb_api_work gb_api_change_account;
gb_api_work gb_api_close_account;
gb_api_work gb_api_read_account;
gb_api_work gb_api_list_accounts;
gb_api_work gb_api_add_service;
gb_api_work gb_api_change_service;
gb_api_work gb_api_read_service;
gb_api_work gb_api_miss_service; /* a charge for one that is not known here: says why */
gb_api_work gb_api_list_services;
gb_api_work gb_api_list_entries;
gb_api_work gb_api_read_hold;
gb_api_work gb_api_read_operation;
gb_api_work gb_api_list_operations;
gb_api_work gb_api_list_dead_letters;
gb_api_work gb_api_count_dead_letters;
gb_api_work gb_api_read_dead_letter;
gb_api_work gb_api_propose;
gb_api_work gb_api_list_proposals;
gb_api_work gb_api_read_proposal;
gb_api_work gb_api_decide_proposal;
gb_api_work gb_api_take_batch;

/* In a lane, for an account that is not known here: they ask the catalogue. A command is given back
 * to its lane. */
gb_api_work gb_api_learn_account;
gb_api_work gb_api_read_balance;

#endif
