/* geobill payin, payout, charge, refund, transfer, hold, capture, void: one command about money
 * through the API. */
#include <string.h>

#include "cli/call_api.h"
#include "cli/options.h"
#include "cli/views.h"
#include "core/identity.h"
#include "core/money.h"
#include "runtime/uuid.h"

enum { WORDS_MAX = 4 };

/* What a command is given and makes of it. */
struct form {
    const char *name;
    const char *path;   /* of a command about a hold: what comes behind its id */
    bool hold;          /* the first word is a hold's id, which stands in the path */
    const char *second; /* the member that the second word is; NULL: there is none */
    bool priced;        /* no amount: it is the service's price */
    bool original;      /* the second word is the key of what is refunded */
    bool waits;         /* takes --deadline-ms */
    bool expires;       /* takes --expires-in-s */
};

/* What its options say; NULL: not given. */
struct given {
    const char *words[WORDS_MAX];
    const char *key, *reference, *wait, *deadline_ms, *expires_in_s, *amount, *currency;
    bool dry_run;
};

static bool refuse(const struct form *form, const char *problem)
{
    (void)gb_cli_usage(form->name, problem);
    return false;
}

/* NULL is text that is not UTF-8. */
static bool add(json_t *body, const struct form *form, const char *name, json_t *value)
{
    return json_object_set_new(body, name, value) == 0 ||
           refuse(form, "the arguments are not UTF-8");
}

/* Adds a whole number from `text`, when it is given. */
static bool add_number(json_t *body, const struct form *form, const char *name, const char *text)
{
    int64_t number;
    if (!text)
        return true;
    if (!gb_option_int(text, 0, INT32_MAX, &number))
        return refuse(form, "--deadline-ms and --expires-in-s take whole numbers");
    return add(body, form, name, json_integer((json_int_t)number));
}

static bool add_amount(json_t *body, const struct form *form, const char *minor_units,
                       const char *currency)
{
    int64_t amount;
    if (!gb_option_int(minor_units, 1, GB_AMOUNT_MAX, &amount))
        return refuse(form, "MINOR_UNITS is a whole number from 1 to 10^15");
    return add(body, form, "amount",
               json_pack("{s:I, s:s}", "minor_units", (json_int_t)amount, "currency", currency));
}

static bool fill_body(json_t *body, const struct form *form, const struct given *given)
{
    const char *const *words = given->words;
    if (given->dry_run && !add(body, form, "dry_run", json_true()))
        return false;
    if (given->reference && !add(body, form, "reference", json_string(given->reference)))
        return false;
    if (form->hold)
        return !given->amount || add_amount(body, form, given->amount, given->currency);
    if (!add(body, form, "account_id", json_string(words[0])) ||
        (form->second && !add(body, form, form->second, json_string(words[1]))))
        return false;
    size_t at = form->second ? 2 : 1;
    return (form->priced || add_amount(body, form, words[at], words[at + 1])) &&
           add_number(body, form, "deadline_ms", given->deadline_ms) &&
           add_number(body, form, "expires_in_s", given->expires_in_s);
}

/* Of a refund it has its original's owner. */
static const char *new_key(struct gb_cli *cli, const struct form *form, const struct given *given)
{
    char id[GB_UUID_TEXT_SIZE];
    struct gb_dc owner;
    gb_uuid_format(gb_uuid_v7(), id);
    bool owned = form->original && gb_key_prefix(given->words[1], &owner);
    return gb_arena_printf(cli->arena, "%s%s%s", owned ? owner.code : "", owned ? ":" : "", id);
}

static int post(struct gb_cli *cli, const struct form *form, const struct given *given)
{
    int64_t wait_s;
    if (!gb_option_int(given->wait, 0, 60, &wait_s))
        return gb_cli_usage(form->name, "--wait takes 0 to 60 seconds");
    json_t *body = json_object();
    GB_CHECK(body != NULL);
    if (!fill_body(body, form, given)) {
        json_decref(body);
        return GB_EXIT_USAGE;
    }
    const char *path =
        form->hold ? gb_cli_path(cli, "/v1/holds/", given->words[0], form->path) : form->path;
    const char *key = given->key ? given->key : new_key(cli, form, given);
    struct gb_api_call call = {"POST", path, body, key, wait_s};
    json_t *answer;
    int code = gb_cli_call_api(cli, &call, &answer);
    if (code != GB_EXIT_FINE)
        return code;
    gb_cli_print_operation(cli, answer);
    json_decref(answer);
    return GB_EXIT_FINE;
}

static size_t words_of(const struct form *form)
{
    if (form->hold)
        return 1;
    return (form->second ? 2u : 1u) + (form->priced ? 0u : 2u);
}

static int run(struct gb_cli *cli, int argc, char **argv, const struct form *form)
{
    struct given given = {.wait = "0"};
    struct gb_option options[8] = {{"key", &given.key, NULL},
                                   {"reference", &given.reference, NULL},
                                   {"dry-run", NULL, &given.dry_run}};
    size_t n = 3;
    if (!form->hold)
        options[n++] = (struct gb_option){"wait", &given.wait, NULL};
    if (form->waits)
        options[n++] = (struct gb_option){"deadline-ms", &given.deadline_ms, NULL};
    if (form->expires)
        options[n++] = (struct gb_option){"expires-in-s", &given.expires_in_s, NULL};
    if (strcmp(form->name, "capture") == 0) {
        options[n++] = (struct gb_option){"amount", &given.amount, NULL};
        options[n++] = (struct gb_option){"currency", &given.currency, NULL};
    }
    const struct gb_syntax syntax = {.command = form->name,
                                     .options = options,
                                     .options_count = n,
                                     .arguments = given.words,
                                     .arguments_count = words_of(form)};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    if (given.amount && !given.currency)
        return gb_cli_usage(form->name, "--amount wants --currency, too");
    return post(cli, form, &given);
}

int gb_cli_payin(struct gb_cli *cli, int argc, char **argv)
{
    return run(cli, argc, argv, &(struct form){.name = "payin", .path = "/v1/pay-ins"});
}

int gb_cli_payout(struct gb_cli *cli, int argc, char **argv)
{
    return run(cli, argc, argv,
               &(struct form){.name = "payout", .path = "/v1/pay-outs", .waits = true});
}

int gb_cli_transfer(struct gb_cli *cli, int argc, char **argv)
{
    return run(cli, argc, argv,
               &(struct form){.name = "transfer",
                              .path = "/v1/transfers",
                              .second = "payee_account_id",
                              .waits = true});
}

int gb_cli_refund(struct gb_cli *cli, int argc, char **argv)
{
    return run(
        cli, argc, argv,
        &(struct form){
            .name = "refund", .path = "/v1/refunds", .second = "original_key", .original = true});
}

int gb_cli_charge(struct gb_cli *cli, int argc, char **argv)
{
    return run(cli, argc, argv,
               &(struct form){.name = "charge",
                              .path = "/v1/charges",
                              .second = "service_id",
                              .priced = true,
                              .waits = true});
}

int gb_cli_hold(struct gb_cli *cli, int argc, char **argv)
{
    return run(cli, argc, argv,
               &(struct form){.name = "hold", .path = "/v1/holds", .waits = true, .expires = true});
}

int gb_cli_capture(struct gb_cli *cli, int argc, char **argv)
{
    return run(cli, argc, argv,
               &(struct form){.name = "capture", .path = "/capture", .hold = true});
}

int gb_cli_void(struct gb_cli *cli, int argc, char **argv)
{
    return run(cli, argc, argv, &(struct form){.name = "void", .path = "/void", .hold = true});
}
