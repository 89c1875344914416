/* hand.h: a bare TCP client for tests of the HTTP server: sends exactly the bytes it is given.
 * Every wait ends after HAND_WAIT_MS; then the test fails. */
#ifndef GB_TESTS_HTTP_HAND_H
#define GB_TESTS_HTTP_HAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HAND_WAIT_MS = 5000 };

/* A listening socket whose connections nobody ever serves. */
int hand_listen(uint16_t *ret_port);
int hand_connect(uint16_t port);
void hand_send(int fd, const char *text);
/* Reads one whole answer (head and Content-Length bytes; without a body when `head_only`) into
 * `text`; returns its status; 0 when the connection was closed instead. */
int hand_read(int fd, bool head_only, char *text, size_t size);
/* Connects, sends, reads one answer, closes. */
int hand_ask(uint16_t port, const char *request, char *text, size_t size);
/* True when the other side closes within `wait_ms`. */
bool hand_closed(int fd, int wait_ms);

#endif
