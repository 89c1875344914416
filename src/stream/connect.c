#include "stream/connect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/migrate.h"

enum gb_result gb_stream_connect(const struct gb_config *config, const char *role, const char *name,
                                 struct gb_pg **ret, struct gb_err *err)
{
    char user_key[32];
    char application[64];
    const char *conninfo = NULL;
    char *password = NULL;
    (void)snprintf(user_key, sizeof(user_key), "user_%s", role);
    (void)snprintf(application, sizeof(application), "geobill-%s/%s", role, name);
    *ret = NULL;
    enum gb_result result = gb_config_need(config, "postgres", "conninfo", &conninfo, err);
    if (result == GB_OK)
        result = gb_config_secret(config, "postgres", "password_file", &password, err);
    if (result != GB_OK)
        return result;
    const struct gb_pg_options options = {
        .conninfo = conninfo,
        .user = gb_config_text(config, "postgres", user_key),
        .password = password,
        .application_name = application,
        .connect_timeout_ms = gb_config_int(config, "postgres", "connect_timeout_ms"),
        .statement_timeout_ms = gb_config_int(config, "postgres", "statement_timeout_ms"),
        .plans_once = true,
    };
    result = gb_migrate_connect(&options, ret, err);
    free(password);
    return result;
}
