/* catalogue_command.h: commands on the catalogue that make an item: POST /v1/accounts and
 * /v1/services, in one key space of their own. In a lane of the catalogue datacenter. */
#ifndef GB_API_CATALOGUE_COMMAND_H
#define GB_API_CATALOGUE_COMMAND_H

#include "api/api.h"

enum gb_asked_kind { GB_ASKED_ACCOUNT = 1, GB_ASKED_SERVICE = 2 };

/* What is asked for; request->body. Text is in the request's arena. */
struct gb_api_asked {
    enum gb_asked_kind kind;
    const char *id; /* NULL: left to us */
    const char *name;
    const char *currency;
    int64_t amount; /* minor units: of an account its opening balance, of a service its price */
    bool even; /* of an account: split over all datacenters, or all of it at the client's home */
};

/* What was answered to the key, from a row of catalogue_command_find. */
struct gb_api_told {
    int64_t account_no; /* of an account */
    const char *id;     /* lives as long as the rows */
    int64_t created_at_us;
};

/* Opens the transaction, takes the catalogue's lock, and looks the key up: calls[2] has the row, if
 * there is one. The caller releases the calls on GB_OK. */
enum gb_result gb_api_asked_begin(struct gb_api_lane *lane, const struct gb_api_request *request,
                                  struct gb_call calls[3], struct gb_err *err) GB_MUST_USE;
/* The key was used before. True: *ret is the item that was made then, to be answered; false: the
 * request has been answered, with the stored refusal or a mismatch. */
bool gb_api_asked_again(struct gb_api_request *request, const struct gb_rows *rows,
                        struct gb_api_told *ret);
/* Prepares the call that stores the command. `told`: the item that was made. */
void gb_api_asked_store(struct gb_call *call, struct gb_api_lane *lane,
                        const struct gb_api_request *request, const struct gb_api_told *told);
/* The item's id, or its name, is taken: finds out which by `taken` (account_taken, service_taken),
 * stores and answers the refusal, and ends the transaction. */
enum gb_result gb_api_asked_taken(struct gb_api_lane *lane, struct gb_api_request *request,
                                  const struct gb_statement *taken, const char *id,
                                  struct gb_err *err) GB_MUST_USE;

#endif
