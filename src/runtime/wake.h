/* wake.h: the datagram that wakes the publisher after a commit, and says what was committed. A
 * hint: losing it costs latency only. */
#ifndef GB_RUNTIME_WAKE_H
#define GB_RUNTIME_WAKE_H

#include "runtime/result.h"

/* What was committed, one bit each. */
enum gb_wake {
    GB_WAKE_PAYINS = 1,
    GB_WAKE_ENTRIES = 2,
    GB_WAKE_OUTBOX = 4,
    GB_WAKE_ALL = 7,
};

/* `address` is "unix:/path/to.sock" or "udp:host:port". */
struct gb_wake_sender;
/* GB_FATAL for an address that can never work, GB_RETRY else. *ret is NULL on failure. The receiver
 * need not be there. */
enum gb_result gb_wake_sender_open(const char *address, struct gb_wake_sender **ret,
                                   struct gb_err *err) GB_MUST_USE;
void gb_wake_sender_close(struct gb_wake_sender *sender); /* NULL is fine */
/* `what`: a mask of enum gb_wake. Never blocks, never fails: a full or missing socket drops the
 * hint. Any thread. */
void gb_wake_send(struct gb_wake_sender *sender, unsigned what);

struct gb_wake_receiver;
/* Binds the address. An old unix socket file is replaced, also one that another process still
 * listens on: only the publisher that has the lease opens it. The umask decides who may send. */
enum gb_result gb_wake_receiver_open(const char *address, struct gb_wake_receiver **ret,
                                     struct gb_err *err) GB_MUST_USE;
void gb_wake_receiver_close(struct gb_wake_receiver *receiver); /* NULL is fine */
/* Waits at most timeout_ms for a hint and swallows all that are there (at most some thousand).
 * Returns what they said together; 0: there was none. */
unsigned gb_wake_wait(struct gb_wake_receiver *receiver, int64_t timeout_ms);

#endif
