/* services.h: services on their way through the API. In a lane. */
#ifndef GB_API_SERVICES_H
#define GB_API_SERVICES_H

#include "api/api.h"
#include "api/json_text.h"

/* From a row of service_read, service_list, service_add or service_change; text lives as long as
 * the rows. */
struct gb_api_service {
    const char *service_id, *name;
    int64_t price;
    const char *currency;
    bool retired;
    int64_t version, created_at_us, updated_at_us;
};
struct gb_api_service gb_api_service_of(const struct gb_rows *rows, size_t row);
void gb_api_view_service(struct gb_json_text *text, const struct gb_api_service *service);
void gb_api_answer_service(struct gb_api_lane *lane, struct gb_api_request *request,
                           const struct gb_api_service *service);

/* Prepares the call that adds the catalogue's message about the service to the stream, to be run in
 * the transaction that changed it. */
enum gb_result gb_api_publish_service(struct gb_api_lane *lane,
                                      const struct gb_api_request *request,
                                      const struct gb_api_service *service, struct gb_call *call,
                                      struct gb_err *err) GB_MUST_USE;

#endif
