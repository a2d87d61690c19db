/* connection.c: one connection: requests in, answers out, within limits of time. */
#include "webserver.h"

#include <errno.h>
#include <pv/time.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PIECE (32 * 1024)       /* of a file, read and sent at a time */
#define IDLE_NS (60 * PV_NS_PER_SEC)        /* in which a request must have begun */
#define REQUEST_NS (15 * PV_NS_PER_SEC)     /* and then have come */
#define SEND_SECONDS 15         /* in which some of an answer must have gone */

struct connection {
    int fd;
    char head[REQUEST_BYTES + 1];
    size_t len;
};

static void set_patience(int fd, int option, uint64_t ns)
{
    struct timeval t = { .tv_sec = (time_t)(ns / PV_NS_PER_SEC),
                         .tv_usec = (suseconds_t)(ns % PV_NS_PER_SEC / 1000 + 1) };

    setsockopt(fd, SOL_SOCKET, option, &t, sizeof(t));
}

/* Reads until there is a whole request: as request_parse(), and 0 for a client that has nothing more to ask;
 * -408 for one that is too slow. */
static int read_request(struct connection *k, struct request *r)
{
    uint64_t now = pv_now_ns(), deadline = now + (k->len ? REQUEST_NS : IDLE_NS);
    ssize_t n;
    int rc;

    while ((rc = request_parse(k->head, k->len, r)) == 0) {
        now = pv_now_ns();
        if (now >= deadline)
            return k->len ? -408 : 0;
        set_patience(k->fd, SO_RCVTIMEO, deadline - now);
        n = read(k->fd, k->head + k->len, REQUEST_BYTES - k->len);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            continue;
        if (n <= 0)
            return 0;
        if (k->len == 0)
            deadline = pv_now_ns() + REQUEST_NS;
        k->len += (size_t)n;
    }
    return rc;
}

static bool send_all(int fd, const char *p, size_t len, int flags)
{
    ssize_t n;

    for (; len > 0; len -= (size_t)n, p += n) {
        n = send(fd, p, len, flags);
        if (n <= 0) {
            counts.timeouts += n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
            return false;
        }
        counts.bytes += (uint64_t)n;
    }
    return true;
}

static bool send_file(int fd, const struct content *c)
{
    char *piece = malloc(PIECE);
    uint64_t left = c->length;
    ssize_t n = 0;
    bool good = piece && lseek(c->fd, (off_t)c->first, SEEK_SET) >= 0;

    for (; good && left > 0; left -= (uint64_t)n) {
        n = read(c->fd, piece, left < PIECE ? (size_t)left : PIECE);
        good = n > 0 && send_all(fd, piece, (size_t)n, (uint64_t)n < left ? MSG_MORE : 0);
    }
    free(piece);
    return good;
}

static bool send_answer(int fd, const struct content *c, const struct request *r, bool keep)
{
    char head[512 + sizeof(c->location) * 3], range[96] = "", location[sizeof(c->location) * 3 + 16] = "";
    const char *p;
    size_t len;
    bool body = !r->head && c->length > 0;

    if (c->status == 206)
        snprintf(range, sizeof(range), "Content-Range: bytes %llu-%llu/%llu\r\n",
                 (unsigned long long)c->first,
                 (unsigned long long)(c->first + c->length - 1), (unsigned long long)c->size);
    else if (c->status == 416)
        snprintf(range, sizeof(range), "Content-Range: bytes */%llu\r\n", (unsigned long long)c->first);
    if (c->status == 301) {
        len = (size_t)sprintf(location, "Location: ");
        for (p = c->location; *p; p++)
            len += (size_t)sprintf(location + len, strchr(" \"<>%?#", *p) || *p & 0x80 ? "%%%02X" : "%c",
                                   (unsigned char)*p);
        strcpy(location + len, "\r\n");
    }
    len = (size_t)snprintf(head, sizeof(head),
                           "HTTP/1.1 %d %s\r\nServer: enso-webserver\r\nContent-Type: %s\r\n"
                           "Content-Length: %llu\r\nAccept-Ranges: bytes\r\n%s%s%sConnection: %s\r\n\r\n",
                           c->status, status_text(c->status), c->type, (unsigned long long)c->length, range,
                           location, c->status == 405 ? "Allow: GET, HEAD\r\n" : "",
                           keep ? "keep-alive" : "close");
    if (!send_all(fd, head, len, body ? MSG_MORE : 0))
        return false;
    if (!body)
        return true;
    return c->bytes ? send_all(fd, c->bytes + (c->page ? 0 : c->first), c->length, 0) : send_file(fd, c);
}

/* What a client has not taken for so long is thrown away with the connection: memory is others' too. */
static void abandon(int fd)
{
    struct linger now = { .l_onoff = 1 };

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

/* Answers a request, or what could not be read as one (rc < 0). True: the connection may go on. */
static bool answer(struct connection *k, struct request *r, int rc)
{
    struct content c = { .fd = -1 };
    bool keep = rc > 0 && r->keep_alive, good;

    counts.requests++;
    if (rc > 0) {
        content_find(r, &c);
    } else {
        r->head = false;
        content_status(&c, -rc);
    }
    counts.errors += c.status >= 400;
    good = send_answer(k->fd, &c, r, keep);
    if (!good)
        abandon(k->fd);
    content_free(&c);
    return good && keep;
}

/* After a refusal: the client's last words are read, else the reset that an unread rest causes would overtake
 * our answer. */
static void drain(struct connection *k)
{
    uint64_t deadline = pv_now_ns() + PV_NS_PER_SEC;

    shutdown(k->fd, SHUT_WR);
    set_patience(k->fd, SO_RCVTIMEO, PV_NS_PER_SEC);
    while (pv_now_ns() < deadline && read(k->fd, k->head, REQUEST_BYTES) > 0)
        continue;
}

void connection_serve(int fd)
{
    struct connection *k = malloc(sizeof(*k));
    struct request *r = malloc(sizeof(*r));
    int rc = -1;

    if (k && r) {
        k->fd = fd;
        k->len = 0;
        set_patience(fd, SO_SNDTIMEO, SEND_SECONDS * PV_NS_PER_SEC);
        while ((rc = read_request(k, r)) != 0 && answer(k, r, rc)) {
            k->len -= (size_t)rc;           /* what has come of the next one */
            memmove(k->head, k->head + rc, k->len);
        }
        if (rc < 0)
            drain(k);
        counts.timeouts += rc == -408;
    }
    free(k);
    free(r);
    close(fd);
}
