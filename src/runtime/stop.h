/* stop.h: SIGTERM and SIGINT ask the process to stop; whoever waits is woken. */
#ifndef GB_RUNTIME_STOP_H
#define GB_RUNTIME_STOP_H

#include <stdbool.h>
#include <stdint.h>

/* Once in main, before any thread: blocks the signals in all threads to come, ignores SIGPIPE,
 * starts the listener. */
void gb_stop_init(void);
bool gb_stop_asked(void);              /* any thread */
void gb_stop_ask(void);                /* from inside: a fatal error in a thread */
bool gb_stop_wait(int64_t timeout_ms); /* waits until asked or timed out; true when asked */

/* sd_notify(3) without libsystemd: "READY=1", "STOPPING=1". Does nothing without $NOTIFY_SOCKET. */
void gb_service_notify(const char *state);

#endif
