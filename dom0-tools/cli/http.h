/* http.h: what wget needs of HTTP: URLs, and the head of an answer. Pure. */
#ifndef ENSO_CLI_HTTP_H
#define ENSO_CLI_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_HOST_SIZE 256
#define HTTP_PATH_SIZE 1024
#define HTTP_HEAD_SIZE 8192     /* bytes of the head of an answer that are looked at */

struct http_url {
    char host[HTTP_HOST_SIZE];
    char path[HTTP_PATH_SIZE];  /* with its first slash, without a fragment */
    uint16_t port;
};

/* Reads "http://HOST[:PORT][/PATH]"; the scheme may be left out. False: *problem says why. */
bool http_url_parse(const char *text, struct http_url *url, const char **problem);

struct http_head {
    unsigned status;
    size_t bytes;               /* of the head, with the empty line */
    bool has_length;
    uint64_t length;
    bool chunked;               /* not what was asked for */
    char location[HTTP_PATH_SIZE];
};

/* Looks at the beginning of an answer. 1: *head is complete; 0: more is needed; -1: it is not HTTP. */
int http_head_parse(const char *bytes, size_t length, struct http_head *head);

#endif
