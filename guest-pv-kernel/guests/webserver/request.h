/* request.h: what a client asks for. Pure; whatever the bytes are, nothing outside of the buffer is read and
 * no path leaves the root. */
#ifndef WEBSERVER_REQUEST_H
#define WEBSERVER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REQUEST_BYTES 8192      /* of a request's head at most */
#define REQUEST_PATH 1024

struct request {
    bool head;                  /* HEAD: the answer without its body */
    bool keep_alive;
    bool minor0;                /* HTTP/1.0 */
    /* one range of bytes; first > last never; UINT64_MAX: open end, or (first) so many last ones */
    bool has_range;
    uint64_t first, last;
    /* decoded, normalised, begins with a slash; ends with one if the client's did */
    char path[REQUEST_PATH];
};

/* Reads a request from the first `len` bytes of text. Its length with the empty line at the end; 0 if it is
 * not complete yet; the negative status code with which to refuse it and close: -400, -405 (method), -413 (it
 * has a body), -414 (path), -431 (head too long), -505 (version). */
int request_parse(const char *text, size_t len, struct request *r);

#endif
