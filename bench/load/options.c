#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: geobill-load --api [DC=]http://ADDRESS:PORT [--api ...] [OPTIONS]\n"
    "\n"
    "Sends pay-ins (or pay-outs, or balance queries) to the APIs and measures. With --rate the "
    "loop is open: a\n"
    "request is due at its moment whatever became of those before it, and its latency counts from\n"
    "there. With --rate max each connection sends its next request when it has the answer.\n"
    "\n"
    "  --api [DC=]URL       an API; DC becomes the prefix of the keys sent there\n"
    "  --kind KIND          payin (default), payout or balance\n"
    "  --token TOKEN        bearer token; default: $GEOBILL_TOKEN\n"
    "  --accounts N         open N accounts first, if need be (default 1000)\n"
    "  --account-prefix P   their ids are P-1 ... P-N (default load)\n"
    "  --opening-balance N  minor units that each is opened with (default 0)\n"
    "  --policy P           where they lie: even (default) or home\n"
    "  --accounts-file F    use the account ids in this file instead, one a line, currency EUR\n"
    "  --in-turn            take the accounts one after the other, not at random\n"
    "  --amount-max N       each payment is 1 to N minor units (default 65536)\n"
    "  --connections N      in all, spread evenly over the APIs (default 64)\n"
    "  --rate N|max         requests a second in all (default max)\n"
    "  --duration S         seconds that are measured (default 10)\n"
    "  --warmup S           seconds before them (default 2)\n"
    "  --drain S            wait so long for the last answers (default 10)\n"
    "  --repeats P          per cent of the payments that repeat an answered one (default 0)\n"
    "  --wait S             Prefer: wait=S\n"
    "  --json FILE          the result as JSON; - for stdout, without the text\n";

static bool complain(const char *what, const char *value)
{
    fprintf(stderr, "geobill-load: %s: %s (see --help)\n", what, value);
    return false;
}

static bool read_number(const char *name, const char *text, int64_t min, int64_t max, int64_t *ret)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < min || value > max)
        return complain(name, text);
    *ret = value;
    return true;
}

/* [DC=]http://1.2.3.4:80 */
static bool read_api(struct load_options *options, const char *text)
{
    static const char scheme[] = "http://";
    if (options->targets_count == LOAD_TARGETS_MAX)
        return complain("too many --api", text);
    struct load_target *target = &options->targets[options->targets_count];
    struct sockaddr_in *address = &options->servers[options->targets_count].address;
    const char *equals = strchr(text, '='), *url = equals == NULL ? text : equals + 1;
    size_t dc_size = equals == NULL ? 0 : (size_t)(equals - text);
    if (dc_size >= sizeof(target->dc) || strncmp(url, scheme, sizeof(scheme) - 1) != 0)
        return complain("--api", text);
    memcpy(target->dc, text, dc_size);
    int size = snprintf(target->host, sizeof(target->host), "%s", url + sizeof(scheme) - 1);
    char *colon = strchr(target->host, ':');
    if (size < 0 || (size_t)size >= sizeof(target->host) || colon == NULL)
        return complain("--api", text);
    char *slash = strchr(target->host, '/');
    if (slash != NULL)
        *slash = '\0';
    char ip[64];
    snprintf(ip, sizeof(ip), "%.*s", (int)(colon - target->host), target->host);
    int64_t port;
    if (!read_number("--api: port", colon + 1, 1, 65535, &port))
        return false;
    address->sin_family = AF_INET;
    address->sin_port = htons((uint16_t)port);
    if (inet_pton(AF_INET, strcmp(ip, "localhost") == 0 ? "127.0.0.1" : ip, &address->sin_addr) !=
        1)
        return complain("--api: a numeric IPv4 address is needed", text);
    options->targets_count++;
    return true;
}

static bool read_kind(struct load_options *options, const char *text)
{
    if (strcmp(text, "payin") == 0)
        options->kind = LOAD_PAYIN;
    else if (strcmp(text, "payout") == 0)
        options->kind = LOAD_PAYOUT;
    else if (strcmp(text, "balance") == 0)
        options->kind = LOAD_BALANCE;
    else
        return complain("--kind", text);
    return true;
}

static bool read_rate(struct load_options *options, const char *text)
{
    options->rate = 0;
    return strcmp(text, "max") == 0 || read_number("--rate", text, 1, 10000000, &options->rate);
}

static bool read_text(const char *text, const char **ret)
{
    *ret = text;
    return true;
}

static const struct option names[] = {
    {"api", required_argument, NULL, 'u'},
    {"kind", required_argument, NULL, 'k'},
    {"token", required_argument, NULL, 't'},
    {"accounts", required_argument, NULL, 'a'},
    {"account-prefix", required_argument, NULL, 'p'},
    {"accounts-file", required_argument, NULL, 'f'},
    {"opening-balance", required_argument, NULL, 'o'},
    {"policy", required_argument, NULL, 'y'},
    {"amount-max", required_argument, NULL, 'm'},
    {"in-turn", no_argument, NULL, 'i'},
    {"connections", required_argument, NULL, 'c'},
    {"rate", required_argument, NULL, 'r'},
    {"duration", required_argument, NULL, 'd'},
    {"warmup", required_argument, NULL, 'w'},
    {"drain", required_argument, NULL, 'e'},
    {"repeats", required_argument, NULL, 's'},
    {"wait", required_argument, NULL, 'x'},
    {"json", required_argument, NULL, 'j'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static bool read_one(struct load_options *options, int name, const char *text)
{
    switch (name) {
    case 'u':
        return read_api(options, text);
    case 'k':
        return read_kind(options, text);
    case 't':
        return read_text(text, &options->token);
    case 'a':
        return read_number("--accounts", text, 1, 10000000, &options->accounts);
    case 'p':
        return strlen(text) <= 40 ? read_text(text, &options->account_prefix)
                                  : complain("--account-prefix", text);
    case 'f':
        return read_text(text, &options->accounts_file);
    case 'o':
        return read_number("--opening-balance", text, 0, 1000000000000000,
                           &options->opening_balance);
    case 'y':
        return strlen(text) <= 10 ? read_text(text, &options->policy) : complain("--policy", text);
    case 'm':
        return read_number("--amount-max", text, 1, 1000000000000, &options->amount_max);
    case 'i':
        options->in_turn = true;
        return true;
    case 'c':
        return read_number("--connections", text, 1, 20000, &options->connections);
    case 'r':
        return read_rate(options, text);
    case 'd':
        return read_number("--duration", text, 1, 86400, &options->duration_s);
    case 'w':
        return read_number("--warmup", text, 0, 3600, &options->warmup_s);
    case 'e':
        return read_number("--drain", text, 0, 3600, &options->drain_s);
    case 's':
        return read_number("--repeats", text, 0, 100, &options->repeats_percent);
    case 'x':
        return read_number("--wait", text, 1, 3600, &options->wait_s);
    case 'j':
        return read_text(text, &options->json);
    default:
        return false; /* getopt has said what is wrong */
    }
}

bool load_options_read(struct load_options *options, int argc, char **argv)
{
    *options = (struct load_options){.token = getenv("GEOBILL_TOKEN"),
                                     .accounts = 1000,
                                     .account_prefix = "load",
                                     .policy = "even",
                                     .amount_max = 65536,
                                     .connections = 64,
                                     .duration_s = 10,
                                     .warmup_s = 2,
                                     .drain_s = 10};
    for (int name; (name = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        if (name == 'h') {
            fputs(usage, stdout);
            exit(0);
        }
        if (!read_one(options, name, optarg))
            return false;
    }
    if (optind < argc)
        return complain("unknown argument", argv[optind]);
    if (options->targets_count == 0)
        return complain("--api", "missing");
    if (options->token == NULL || strlen(options->token) > 200)
        return complain("--token", options->token == NULL ? "missing" : "too long");
    if (options->connections < (int64_t)options->targets_count)
        return complain("--connections", "fewer than APIs");
    return true;
}
