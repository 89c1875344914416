/* cli.h: what every command of the program `geobill` gets: the configuration, where to print, and
 * ways to the datacenters. One thread. */
#ifndef GB_CLI_CLI_H
#define GB_CLI_CLI_H

#include "db/pg.h"
#include "runtime/arena.h"
#include "runtime/config.h"
#include "runtime/result.h"

/* Exit codes of all commands. */
enum gb_exit {
    GB_EXIT_FINE = 0,
    GB_EXIT_FOUND = 1,       /* found something wrong, or refused */
    GB_EXIT_USAGE = 2,       /* the command line or the configuration is wrong */
    GB_EXIT_UNREACHABLE = 3, /* a database, broker or API did not answer */
};

struct gb_cli {
    const struct gb_config *config;
    const char *dc;         /* [datacenter] code */
    const char *catalogue;  /* [datacenter] catalogue */
    bool json;              /* --output json */
    const char *api;        /* --api URL, or NULL: from [api] listen */
    const char *token_file; /* --token-file, or NULL: $GEOBILL_TOKEN */
    struct gb_arena *arena; /* lives as long as the command */
};

/* One command: the table in command_table.c is also what --help prints. */
struct gb_command {
    const char *name;    /* "client add" */
    const char *summary; /* one line */
    const char *usage;   /* arguments and options, "" for none */
    const char *about;   /* a paragraph for `geobill help NAME` */
    bool offline;        /* works without a configuration file */
    /* argv[0] is the command's last word. Prints its own errors. */
    int (*run)(struct gb_cli *cli, int argc, char **argv);
};
extern const struct gb_command gb_commands[];
extern const size_t gb_commands_count;

int gb_cli_migrate(struct gb_cli *cli, int argc, char **argv);
int gb_cli_topics_create(struct gb_cli *cli, int argc, char **argv);
int gb_cli_topics_check(struct gb_cli *cli, int argc, char **argv);
int gb_cli_topic_cat(struct gb_cli *cli, int argc, char **argv);
int gb_cli_client_add(struct gb_cli *cli, int argc, char **argv);
int gb_cli_client_list(struct gb_cli *cli, int argc, char **argv);
int gb_cli_client_revoke(struct gb_cli *cli, int argc, char **argv);
int gb_cli_account_open(struct gb_cli *cli, int argc, char **argv);
int gb_cli_account_show(struct gb_cli *cli, int argc, char **argv);
int gb_cli_account_list(struct gb_cli *cli, int argc, char **argv);
int gb_cli_account_block(struct gb_cli *cli, int argc, char **argv);
int gb_cli_account_unblock(struct gb_cli *cli, int argc, char **argv);
int gb_cli_account_close(struct gb_cli *cli, int argc, char **argv);
int gb_cli_service_add(struct gb_cli *cli, int argc, char **argv);
int gb_cli_service_show(struct gb_cli *cli, int argc, char **argv);
int gb_cli_service_list(struct gb_cli *cli, int argc, char **argv);
int gb_cli_service_change(struct gb_cli *cli, int argc, char **argv);
int gb_cli_balance(struct gb_cli *cli, int argc, char **argv);
int gb_cli_operation(struct gb_cli *cli, int argc, char **argv);
int gb_cli_payin(struct gb_cli *cli, int argc, char **argv);
int gb_cli_payout(struct gb_cli *cli, int argc, char **argv);
int gb_cli_refund(struct gb_cli *cli, int argc, char **argv);
int gb_cli_charge(struct gb_cli *cli, int argc, char **argv);
int gb_cli_transfer(struct gb_cli *cli, int argc, char **argv);
int gb_cli_hold(struct gb_cli *cli, int argc, char **argv);
int gb_cli_capture(struct gb_cli *cli, int argc, char **argv);
int gb_cli_void(struct gb_cli *cli, int argc, char **argv);
int gb_cli_batch(struct gb_cli *cli, int argc, char **argv);
int gb_cli_import(struct gb_cli *cli, int argc, char **argv);
int gb_cli_replica_rebuild(struct gb_cli *cli, int argc, char **argv);
int gb_cli_dlq_list(struct gb_cli *cli, int argc, char **argv);
int gb_cli_dlq_show(struct gb_cli *cli, int argc, char **argv);
int gb_cli_dlq_export(struct gb_cli *cli, int argc, char **argv);
int gb_cli_dlq_replay(struct gb_cli *cli, int argc, char **argv);
int gb_cli_dlq_park(struct gb_cli *cli, int argc, char **argv);
int gb_cli_dlq_unpark(struct gb_cli *cli, int argc, char **argv);
int gb_cli_approve_list(struct gb_cli *cli, int argc, char **argv);
int gb_cli_approve_show(struct gb_cli *cli, int argc, char **argv);
int gb_cli_approve_give(struct gb_cli *cli, int argc, char **argv);
int gb_cli_approve_refuse(struct gb_cli *cli, int argc, char **argv);
int gb_cli_status(struct gb_cli *cli, int argc, char **argv);
int gb_cli_verify(struct gb_cli *cli, int argc, char **argv);
int gb_cli_config_document(struct gb_cli *cli, int argc, char **argv);

/* Prints "geobill: <what>: <message> (<code>)" to standard error and gives the exit code that fits
 * the error. */
int gb_cli_fail(const char *what, const struct gb_err *err);
/* Prints the command's usage to standard error; GB_EXIT_USAGE. */
int gb_cli_usage(const char *command, const char *problem);

/* Opens this datacenter's database as the role in [postgres] `user_key` ("user_operator"). */
enum gb_result gb_cli_open_own(struct gb_cli *cli, const char *user_key, struct gb_pg **ret,
                               struct gb_err *err) GB_MUST_USE;

#define GB_CLI_DCS_MAX 16

/* Where a datacenter's database is. */
struct gb_cli_place {
    const char *code;
    const char *conninfo; /* NULL: not said */
    const char *origin;   /* who says it: "[peer.dc2]" */
};
/* All datacenters that are known here, this one first. Returns how many. Strings live as long as
 * the command. */
size_t gb_cli_list_dcs(struct gb_cli *cli, struct gb_cli_place places[GB_CLI_DCS_MAX]);

/* Opens one of them as the role in [postgres] `user_key`. GB_RETRY with code NOT_CONFIGURED when
 * nobody says where it is. */
enum gb_result gb_cli_open_place(struct gb_cli *cli, const struct gb_cli_place *place,
                                 const char *user_key, struct gb_pg **ret,
                                 struct gb_err *err) GB_MUST_USE;

/* Opens the database of the datacenter of that code as the operator; errors as before. */
enum gb_result gb_cli_open_peer(struct gb_cli *cli, const char *code, struct gb_pg **ret,
                                struct gb_err *err) GB_MUST_USE;

/* A datacenter as the operator's tool sees it. */
struct gb_cli_dc {
    const char *code;
    struct gb_pg *pg;  /* NULL: it did not answer */
    struct gb_err err; /* why */
};
/* Opens all datacenters (this one first) as the operator;
 * those that do not answer have pg NULL. Returns how many; close with gb_cli_close_all. */
size_t gb_cli_open_all(struct gb_cli *cli, struct gb_cli_dc dcs[GB_CLI_DCS_MAX]);
void gb_cli_close_all(struct gb_cli_dc *dcs, size_t count);

#endif
