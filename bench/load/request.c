#include "request.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime/result.h"

static void begin(struct load_connection *connection, const struct load_options *options,
                  const struct load_target *target, const char *method, const char *path)
{
    int size = snprintf(connection->out, LOAD_REQUEST_SIZE,
                        "%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n", method, path,
                        target->host, options->token);
    GB_CHECK(size > 0 && size < LOAD_REQUEST_SIZE);
    connection->out_size = (size_t)size;
}

static void add(struct load_connection *connection, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add(struct load_connection *connection, const char *format, ...)
{
    size_t room = LOAD_REQUEST_SIZE - connection->out_size;
    va_list args;
    va_start(args, format);
    int size = vsnprintf(connection->out + connection->out_size, room, format, args);
    va_end(args);
    GB_CHECK(size >= 0 && (size_t)size < room);
    connection->out_size += (size_t)size;
}

static void add_body(struct load_connection *connection, const char *body, int size)
{
    GB_CHECK(size > 0 && size < LOAD_REQUEST_SIZE);
    add(connection, "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", size, body);
}

void load_request_payment(struct load_connection *connection, const struct load_options *options,
                          const struct load_target *target, const struct load_payment *payment)
{
    char key[GB_UUID_TEXT_SIZE], body[LOAD_REQUEST_SIZE];
    gb_uuid_format(payment->key, key);
    begin(connection, options, target, "POST",
          options->kind == LOAD_PAYIN ? "/v1/pay-ins" : "/v1/pay-outs");
    add(connection, "Idempotency-Key: %s%s%s\r\n", target->dc, target->dc[0] == '\0' ? "" : ":",
        key);
    if (options->wait_s > 0)
        add(connection, "Prefer: wait=%" PRId64 "\r\n", options->wait_s);
    int size = snprintf(body, sizeof(body),
                        "{\"account_id\":\"%s\",\"amount\":{\"minor_units\":%" PRId64
                        ",\"currency\":\"EUR\"},\"reference\":\"%s\"}",
                        payment->account_id, payment->amount, key);
    add_body(connection, body, size);
}

void load_request_balance(struct load_connection *connection, const struct load_options *options,
                          const struct load_target *target, const char *account_id)
{
    char path[128];
    int size = snprintf(path, sizeof(path), "/v1/accounts/%s/balance", account_id);
    GB_CHECK(size > 0 && size < (int)sizeof(path));
    begin(connection, options, target, "GET", path);
    add(connection, "\r\n");
}

void load_request_open(struct load_connection *connection, const struct load_options *options,
                       const struct load_target *target, const char *account_id)
{
    char body[384];
    begin(connection, options, target, "POST", "/v1/accounts");
    add(connection, "Idempotency-Key: open-%s\r\n", account_id);
    int size = snprintf(body, sizeof(body),
                        "{\"account_id\":\"%s\",\"name\":\"Load "
                        "%s\",\"currency\":\"EUR\",\"opening_balance\":{\"minor_units\":%" PRId64
                        ",\"currency\":\"EUR\"},\"policy\":\"%s\"}",
                        account_id, account_id, options->opening_balance, options->policy);
    add_body(connection, body, size);
}
