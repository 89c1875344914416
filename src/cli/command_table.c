#include "cli/cli.h"

const struct gb_command gb_commands[] = {
    {"migrate", "bring this datacenter's database up, or all of them",
     "[--all | --dc CODE] [--dry-run] [--until expand|move|contract]",
     "Applies the migrations that the databases do not have yet, in three stages: expand (adds; "
     "daemons of the\n"
     "release before go on), move (fills what was added, in batches), contract (removes what they "
     "used); a stage\n"
     "at all datacenters before the next. Contract is refused while a daemon runs that does not "
     "know it: start\n"
     "the new daemons after --until move, then migrate again. --dry-run shows the plan and "
     "changes nothing.\n"
     "Takes a lock; what is interrupted goes on with the same command. Exit 1: refused, 3: a "
     "database did not\n"
     "answer.",
     false, gb_cli_migrate},
    {"topics create", "create the Kafka topics that are missing", "",
     "Creates this datacenter's topics at its own cluster (and the catalogue's at the catalogue "
     "datacenter) with\n"
     "partitions, replication and retention from [topics]. Existing topics are left as they are.",
     false, gb_cli_topics_create},
    {"topics check", "compare the Kafka topics with the configuration", "",
     "Lists this datacenter's topics with what they are and what they should be; exit 1 when one "
     "differs.",
     false, gb_cli_topics_check},
    {"topic cat", "print the records of a topic, decoded",
     "TOPIC [--partition N] [--offset N] [--cluster DC] [--limit N]",
     "Reads a topic up to its present end and prints one JSON object a record: offset, key, "
     "headers and the decoded\n"
     "Avro body (or why it cannot be decoded). --cluster names the datacenter whose cluster is "
     "read (default: the one\n"
     "in the topic's name).",
     false, gb_cli_topic_cat},
    {"client add", "add an API client and print its token",
     "NAME --role read|write|operate|admin [--home DC]",
     "Adds a client at the catalogue datacenter and prints its bearer token, once: only its hash "
     "is stored. Keys of the\n"
     "client without a datacenter prefix are owned by its home (default: this datacenter); the "
     "home never changes.",
     false, gb_cli_client_add},
    {"client list", "list the API clients", "", "Lists the clients as this datacenter knows them.",
     false, gb_cli_client_list},
    {"client revoke", "revoke a client's token", "NAME",
     "Revokes a client at the catalogue datacenter; the other datacenters refuse its token as soon "
     "as they hear of it.",
     false, gb_cli_client_revoke},
    {"account open", "open an account",
     "NAME --currency CODE [--id ACCOUNT_ID] [--balance MINOR_UNITS] [--policy even|home]\n"
     "       [--key KEY]",
     "Opens an account through the API. Without --id the catalogue chooses one; without --key a "
     "key is made.\n"
     "--balance is what it begins with: even (default) gives each datacenter the same part, home "
     "all of it to the\n"
     "client's home.",
     false, gb_cli_account_open},
    {"account show", "show one account and its balance", "ACCOUNT_ID",
     "Shows the account and its balance: total, in flight, and each datacenter's share.", false,
     gb_cli_account_show},
    {"account list", "list accounts", "[--limit N] [--cursor C]", "Lists accounts by their number.",
     false, gb_cli_account_list},
    {"account block", "refuse money going out of an account", "ACCOUNT_ID",
     "Blocks the account: pay-ins go on.", false, gb_cli_account_block},
    {"account unblock", "undo block", "ACCOUNT_ID", "Opens a blocked account again.", false,
     gb_cli_account_unblock},
    {"account close", "close an account softly", "ACCOUNT_ID",
     "Asks for closing: the account is CLOSING until every datacenter has confirmed that nothing "
     "is left, then CLOSED.",
     false, gb_cli_account_close},
    {"service add", "add a service", "NAME MINOR_UNITS CURRENCY [--id SERVICE_ID] [--key KEY]",
     "Adds a service with its price to the catalogue, through the API. Without --id the catalogue "
     "chooses one; without\n"
     "--key a key is made.",
     false, gb_cli_service_add},
    {"service show", "show one service", "SERVICE_ID", "Shows the service as it is known here.",
     false, gb_cli_service_show},
    {"service list", "list services", "[--limit N] [--cursor C]", "Lists services by their id.",
     false, gb_cli_service_list},
    {"service change", "change a service's price, or retire it",
     "SERVICE_ID [--price MINOR_UNITS] [--status ACTIVE|RETIRED]",
     "Each datacenter takes the new price as soon as it hears of it. The currency stays.", false,
     gb_cli_service_change},
    {"balance", "show an account's money", "ACCOUNT_ID",
     "Shows total, in flight, held, what is available here and what this datacenter pays out at "
     "once without\n"
     "asking (spendable_here, the only figure that is certain); what waits for money here and what "
     "is asked of\n"
     "whom; each datacenter's share with its age here.",
     false, gb_cli_balance},
    {"operation", "show one operation and what it waits for", "KEY",
     "Shows the operation of this token's client with that key, wherever it is owned. One that "
     "waits or has\n"
     "waited for money shows its steps: asked whom, for what, when, what came, decided when and "
     "why; and what was\n"
     "known then.",
     false, gb_cli_operation},
    {"payin", "pay money in",
     "ACCOUNT_ID MINOR_UNITS CURRENCY [--key KEY] [--dry-run] [--reference TEXT] [--wait SECONDS]",
     "Posts one pay-in through the API and prints the operation. The same --key again changes "
     "nothing.\n"
     "--dry-run: what it would be answered now; nothing is written. So of all commands about "
     "money.",
     false, gb_cli_payin},
    {"payout", "pay money out",
     "ACCOUNT_ID MINOR_UNITS CURRENCY [--key KEY] [--dry-run] [--reference TEXT] [--deadline-ms "
     "N]\n"
     "       [--wait SECONDS]",
     "Posts one pay-out through the API and prints the operation once it is decided, or after\n"
     "--wait. The same --key again changes nothing, and prints the same. Exit 1: refused.",
     false, gb_cli_payout},
    {"charge", "charge for a service",
     "ACCOUNT_ID SERVICE_ID [--key KEY] [--dry-run] [--reference TEXT] [--deadline-ms N] [--wait "
     "SECONDS]",
     "Posts one charge through the API, at the price that this datacenter knows, and prints the\n"
     "operation with amount and price_version, as payout does.",
     false, gb_cli_charge},
    {"refund", "give back part or all of what was paid",
     "ACCOUNT_ID ORIGINAL_KEY MINOR_UNITS CURRENCY [--key KEY] [--reference TEXT]\n"
     "       [--wait SECONDS]",
     "Posts one refund of the pay-out, charge or capture of that key, and prints the operation.\n"
     "Its key must have the same owner; without --key one is made that has. An original that\n"
     "another datacenter owns is decided there: ACCEPTED, or with --wait its outcome.",
     false, gb_cli_refund},
    {"transfer", "move money from one account to another",
     "PAYER_ACCOUNT_ID PAYEE_ACCOUNT_ID MINOR_UNITS CURRENCY [--key KEY] [--dry-run] [--reference "
     "TEXT]\n"
     "       [--deadline-ms N] [--wait SECONDS]",
     "Posts one transfer through the API and prints the operation, as payout does.", false,
     gb_cli_transfer},
    {"hold", "set money aside",
     "ACCOUNT_ID MINOR_UNITS CURRENCY [--expires-in-s N] [--key KEY] [--dry-run] [--reference "
     "TEXT]\n"
     "       [--deadline-ms N] [--wait SECONDS]",
     "Places a hold through the API and prints the operation with the hold's id, which capture\n"
     "and void want. It expires after --expires-in-s (604800).",
     false, gb_cli_hold},
    {"capture", "pay out what a hold has set aside",
     "HOLD_ID [--amount MINOR_UNITS --currency CODE] [--key KEY] [--dry-run] [--reference TEXT]",
     "Captures a hold of this datacenter: all of it, or --amount, and the rest is released. The\n"
     "key must be owned by the hold's datacenter.",
     false, gb_cli_capture},
    {"void", "release what a hold has set aside",
     "HOLD_ID [--key KEY] [--dry-run] [--reference TEXT]",
     "Voids a hold of this datacenter. The key must be owned by the hold's datacenter.", false,
     gb_cli_void},
    {"batch", "many commands about money in one request",
     "FILE [--atomic] [--dry-run] [--wait SECONDS]",
     "Posts the commands of FILE (- is standard input): one JSON object after the other, each as "
     "in\n"
     "docs/API.md, or the whole body; prints what became of each. --atomic: all or none.\n"
     "--dry-run: what they would be answered now; nothing is written. Exit 1: one was refused.",
     false, gb_cli_batch},
    {"import", "pay in the movements of a bank's CSV file",
     "FILE.csv --dc LIST --currency CODE [--only credit] [--prefix TEXT] [--seed N]\n"
     "       [--state PATH] [--concurrency N] [--patience SECONDS] [--wait SECONDS]",
     "The header is reference,date,account,kind,amount_minor,balance_after_minor. The whole\n"
     "file is checked first: every wrong line is named, and nothing is posted. Each movement is\n"
     "posted once, with the key <dc>:<prefix><reference>, dc chosen from LIST (dc1,dc2,...) by\n"
     "SHA-256 of <seed>:<reference>, to the account <prefix><account>, which is opened when\n"
     "need be; in order within an account, --concurrency (64) accounts at once. --only credit\n"
     "leaves debits out; without it they are an error: pay-outs are not there yet. The same\n"
     "command again goes on where the last one ended and books nothing twice:\n"
     "FILE.csv.import-state (or --state PATH) remembers file, list, seed, currency and prefix,\n"
     "and refuses others. A datacenter without an answer is tried for --patience (60) seconds. At "
     "the end\n"
     "every account's total at every datacenter must within --wait (60) seconds be what the\n"
     "file says. Exit 1: lines are wrong, something was refused or differs, or a signal ended\n"
     "it; 3: a datacenter gave no answer.",
     false, gb_cli_import},
    {"replica rebuild", "empty a damaged replica and fill it again from its source",
     "SOURCE [--stream ledger|catalogue] [--execute] [--wait SECONDS] [--no-wait]",
     "Says what it would do; with --execute does it: in one transaction at this datacenter, this "
     "datacenter's copy of\n"
     "SOURCE's shares and entries is removed (of the catalogue: every row is marked, and replaced "
     "by what comes), and\n"
     "progress is set to nothing, so that SOURCE sends all of it again. Daemons go on meanwhile; "
     "own shares, own ledger\n"
     "and operations are never touched. Shows pages complete of pages cut until all are, or "
     "--wait (600) is over.\n"
     "Exit 0 complete (or not asked to wait), 1 not complete yet, or not all replaced, 3 SOURCE "
     "or the database\n"
     "does not answer: then nothing was changed.",
     false, gb_cli_replica_rebuild},
    {"dlq list", "list dead letters: what could not be applied",
     "[--counts] [--code CODE] [--topic TOPIC] [--account ACCOUNT_ID]\n"
     "       [--state OPEN|REPLAYED|PARKED] [--from TIME] [--to TIME] [--older-than AGE]\n"
     "       [--newer-than AGE] [--limit N] [--cursor C]",
     "Lists this datacenter's dead letters, through the API. TIME and AGE are of the last\n"
     "failure: 2026-12-01T05:00:00Z; 90s, 15m, 2h, 3d. --counts: how many of each state, topic\n"
     "and code.",
     false, gb_cli_dlq_list},
    {"dlq show", "show one dead letter and what to do about it", "DEAD_LETTER_ID",
     "Shows what was wrong, since when, how often it was tried, what to do, its headers and its\n"
     "decoded body.",
     false, gb_cli_dlq_show},
    {"dlq export", "print dead letters whole, one JSON object a line", "[selector as in dlq list]",
     "Prints each dead letter as the API shows it, key and value in base64, too.", false,
     gb_cli_dlq_export},
    {"dlq replay", "send dead letters through again",
     "[--id N,N...] [selector as in dlq list] [--execute --reason TEXT] [--rate N]\n"
     "       [--window HH:MM-HH:MM] [--no-wait] [--key KEY] | --resume PROPOSAL_ID",
     "Says how many it would replay; with --execute does it: each goes, as it came, back to\n"
     "its topic, at most --rate a second, only within --window (UTC), and shows progress. One\n"
     "that fails again is the same dead letter, with its attempts raised. More than\n"
     "[dead_letters] four_eyes_above need another operator's `geobill approve give`. Ctrl-C\n"
     "stops it; --resume goes on. --no-wait leaves it to the consumer. Exit 1: refused or\n"
     "stopped.",
     false, gb_cli_dlq_replay},
    {"dlq park", "set dead letters aside for good",
     "[--id N,N...] [selector as in dlq list] [--execute --reason TEXT] [--no-wait]\n"
     "       [--key KEY]",
     "Says how many it would park; with --execute proposes it: another operator must approve.",
     false, gb_cli_dlq_park},
    {"dlq unpark", "undo park",
     "[--id N,N...] [selector as in dlq list] [--execute --reason TEXT] [--no-wait]\n"
     "       [--key KEY]",
     "Parked dead letters are OPEN again.", false, gb_cli_dlq_unpark},
    {"approve list", "list proposals about dead letters", "[--state STATE] [--all]",
     "Lists the proposals that wait for an approval; of another state; all.", false,
     gb_cli_approve_list},
    {"approve show", "show one proposal", "PROPOSAL_ID",
     "Shows what is proposed, by whom and why, who decided, and how far it has come.", false,
     gb_cli_approve_show},
    {"approve give", "approve another operator's proposal", "PROPOSAL_ID --reason TEXT",
     "It begins at once. Nobody approves their own.", false, gb_cli_approve_give},
    {"approve refuse", "refuse a proposal", "PROPOSAL_ID --reason TEXT",
     "Nothing is done; who proposed it may refuse it, too.", false, gb_cli_approve_refuse},
    {"status", "one screen: datacenters, daemons, streams, dead letters", "",
     "Asks every datacenter's database: daemons and their sign of life, pay-ins not yet booked, "
     "every stream with the\n"
     "page that was sent and the page each reader has acknowledged, dead letters. Exit 3 when one "
     "did not answer.",
     false, gb_cli_status},
    {"verify", "check the invariants over all datacenters", "[--at-rest] [--wait SECONDS]",
     "Runs every check of sql/checks at every datacenter and compares each replica with its "
     "source, receivers before\n"
     "senders, so that it needs no pause. What a replica lacks must arrive within --wait (default "
     "10) seconds.\n"
     "--at-rest also demands that nothing is unpublished, unacknowledged or unbooked. Exit 1 and "
     "the offending rows\n"
     "when something is broken, 3 when a datacenter could not be asked.",
     false, gb_cli_verify},
    {"config", "print the documentation of all settings", "--document",
     "Prints docs/CONFIGURATION.md, generated from the table of settings.", true,
     gb_cli_config_document},
};
const size_t gb_commands_count = sizeof(gb_commands) / sizeof(gb_commands[0]);
