/* wake.h: the datagram that wakes the publisher after a commit. A hint: losing it costs latency
 * only. */
#ifndef GB_RUNTIME_WAKE_H
#define GB_RUNTIME_WAKE_H

#include "runtime/result.h"

/* `address` is "unix:/path/to.sock" or "udp:host:port". */
struct gb_wake_sender;
/* GB_FATAL for an address that can never work, GB_RETRY else. *ret is NULL on failure. The receiver
 * need not be there. */
enum gb_result gb_wake_sender_open(const char *address, struct gb_wake_sender **ret,
                                   struct gb_err *err) GB_MUST_USE;
void gb_wake_sender_close(struct gb_wake_sender *sender); /* NULL is fine */
/* Never blocks, never fails: a full or missing socket drops the hint. Any thread. */
void gb_wake_send(struct gb_wake_sender *sender);

struct gb_wake_receiver;
/* Binds the address. An old unix socket file is replaced, also one that another process still
 * listens on: only the publisher that has the lease opens it. The umask decides who may send. */
enum gb_result gb_wake_receiver_open(const char *address, struct gb_wake_receiver **ret,
                                     struct gb_err *err) GB_MUST_USE;
void gb_wake_receiver_close(struct gb_wake_receiver *receiver); /* NULL is fine */
/* Waits at most timeout_ms for a hint and swallows all that are there (at most some thousand). True
 * when there was one. */
bool gb_wake_wait(struct gb_wake_receiver *receiver, int64_t timeout_ms);

#endif
