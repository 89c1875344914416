#include "accounts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "request.h"
#include "runtime/clock.h"
#include "runtime/result.h"

enum { OPEN_CONNECTIONS = 16, TRIES_MAX = 100000, SILENT_US = 30 * 1000000, SHOW_EVERY = 1000 };

struct opening {
    const struct load_options *options;
    const struct load_accounts *accounts;
    size_t next, done;
    size_t again[OPEN_CONNECTIONS]; /* those to be asked for once more */
    size_t again_count;
    int64_t refusals;
    int refused_status; /* of an answer that will not get better */
    int64_t answered_at_us;
};

static void opened(void *context, struct load_connection *connection)
{
    struct opening *opening = context;
    opening->answered_at_us = gb_clock_mono_us();
    if (connection->status / 100 == 2) {
        opening->done++;
        if (opening->done % SHOW_EVERY == 0 && isatty(STDERR_FILENO))
            fprintf(stderr, "\raccounts opened: %zu of %zu ", opening->done,
                    opening->accounts->count);
    } else if (connection->status == 0 || connection->status == 429 ||
               connection->status / 100 == 5) {
        opening->refusals++;
        opening->again[opening->again_count++] = *(const size_t *)connection->user;
    } else {
        opening->refused_status = connection->status;
    }
}

static bool choose_next(struct opening *opening, size_t *ret)
{
    if (opening->again_count > 0)
        *ret = opening->again[--opening->again_count];
    else if (opening->next < opening->accounts->count)
        *ret = opening->next++;
    else
        return false;
    return true;
}

static bool open_all(struct opening *opening, struct load_client *client,
                     struct load_server *server)
{
    opening->answered_at_us = gb_clock_mono_us();
    while (opening->done < opening->accounts->count) {
        struct load_connection *connection;
        while ((opening->again_count > 0 || opening->next < opening->accounts->count) &&
               (connection = load_client_take(server)) != NULL) {
            size_t *index = connection->user;
            GB_CHECK(choose_next(opening, index));
            load_request_open(connection, opening->options, &opening->options->targets[0],
                              opening->accounts->ids[*index]);
            load_client_send(client, connection);
        }
        int64_t now_us = gb_clock_mono_us();
        (void)load_client_wait(client, now_us + 100000, opened, opening);
        if (opening->refused_status != 0 || opening->refusals > TRIES_MAX ||
            now_us > opening->answered_at_us + SILENT_US)
            return false;
    }
    return true;
}

static bool open_accounts(struct load_accounts *accounts, struct load_options *options)
{
    size_t indexes[OPEN_CONNECTIONS];
    struct load_client client;
    struct opening opening = {.options = options, .accounts = accounts};
    struct load_server server = options->servers[0];
    bool good = load_client_open(&client, &server, 1, OPEN_CONNECTIONS, 10000);
    for (size_t i = 0; i < OPEN_CONNECTIONS; i++)
        client.connections[i].user = &indexes[i];
    if (good && !open_all(&opening, &client, &server)) {
        good = false;
        fprintf(stderr,
                "geobill-load: %zu of %zu accounts opened; status of the answer that stopped it: "
                "%d; tried again: %" PRId64 "\n",
                opening.done, accounts->count, opening.refused_status, opening.refusals);
    }
    load_client_close(&client);
    return good;
}

static void add(struct load_accounts *accounts, size_t *room, const char *id)
{
    if (accounts->count == *room) {
        *room = *room == 0 ? 1024 : *room * 2;
        accounts->ids = realloc(accounts->ids, *room * sizeof(*accounts->ids));
        GB_CHECK(accounts->ids != NULL);
    }
    accounts->ids[accounts->count] = strdup(id);
    GB_CHECK(accounts->ids[accounts->count] != NULL);
    accounts->count++;
}

static bool read_file(struct load_accounts *accounts, const char *path)
{
    size_t room = 0, line_room = 0;
    char *line = NULL;
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        while (getline(&line, &line_room, file) > 0) {
            line[strcspn(line, "\r\n")] = '\0';
            if (*line != '\0' && strlen(line) <= 64)
                add(accounts, &room, line);
        }
        (void)fclose(file);
        free(line);
    }
    if (accounts->count == 0)
        fprintf(stderr, "geobill-load: no account in %s\n", path);
    return accounts->count > 0;
}

bool load_accounts_get(struct load_accounts *accounts, struct load_options *options)
{
    *accounts = (struct load_accounts){0};
    if (options->accounts_file != NULL)
        return read_file(accounts, options->accounts_file);
    size_t room = 0;
    for (int64_t i = 1; i <= options->accounts; i++) {
        char id[65];
        snprintf(id, sizeof(id), "%s-%" PRId64, options->account_prefix, i);
        add(accounts, &room, id);
    }
    return open_accounts(accounts, options);
}

void load_accounts_free(struct load_accounts *accounts)
{
    for (size_t i = 0; i < accounts->count; i++)
        free(accounts->ids[i]);
    free(accounts->ids);
}
