/* webserver.h: an example guest: files over HTTP/1.1. request.c reads requests, content.c finds what is asked
 * for, connection.c answers; disk.c has the files. */
#ifndef WEBSERVER_H
#define WEBSERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "request.h"

/* What an answer consists of: an open file, bytes in memory (malloc'd if `page`), or nothing but a status. */
struct content {
    int status;                 /* 200, 206, 301, 404 ... */
    const char *type;
    int fd;                     /* -1: none */
    const char *bytes;          /* NULL: to be read from fd */
    char *page;                 /* `bytes`, if they are to be freed */
    uint64_t size;              /* of the whole */
    uint64_t first, length;     /* what is sent of it */
    char location[REQUEST_PATH + 1];    /* of a 301 */
};

struct counts {
    unsigned open;
    uint64_t connections, requests, errors, bytes, refused, timeouts;
};
extern struct counts counts;

/* The folder that is served, without a slash at its end. */
extern const char *root;

void content_find(const struct request *r, struct content *c);

/* A small page that tells a status. */
void content_status(struct content *c, int status);
void content_free(struct content *c);
const char *status_text(int status);

/* Mounts a disk ("xvda") with an ext4 file system, read-only. 0; -ENOENT there is none; other errors have
 * been told. */
int disk_mount(const char *name, const char *at);

/* Serves a connection until it ends; closes fd. */
void connection_serve(int fd);

#endif
