/* member.h: a process with one lane, for tests that stop, freeze and kill it: every record becomes
 * a row of `applied`. */
#ifndef GB_TEST_BUS_MEMBER_H
#define GB_TEST_BUS_MEMBER_H

#define MEMBER_TOPIC "geobill.dc2.ledger.v1"

/* Reads the settings file, works until SIGTERM. Returns the exit status. */
int member_main(const char *settings);

#endif
