/* store.c: the store's operations, each one request (client.c). */
#include "xenbus/private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Attempts at a large directory that keeps changing while it is read in parts. */
#define PART_RETRIES 32

static struct pv_iovec string(const char *text)
{
    return (struct pv_iovec){ text, strlen(text) + 1 };
}

int pv_xs_read(uint32_t tx, const char *path, char **value, size_t *len)
{
    struct pv_iovec iov = string(path);

    return pv_xs_request(XS_READ, tx, &iov, 1, (void **)value, len);
}

int pv_xs_write(uint32_t tx, const char *path, const void *value, size_t len)
{
    struct pv_iovec iov[] = { string(path), { value, len } };

    return pv_xs_request(XS_WRITE, tx, iov, 2, NULL, NULL);
}

int pv_xs_mkdir(uint32_t tx, const char *path)
{
    struct pv_iovec iov = string(path);

    return pv_xs_request(XS_MKDIR, tx, &iov, 1, NULL, NULL);
}

int pv_xs_rm(uint32_t tx, const char *path)
{
    struct pv_iovec iov = string(path);

    return pv_xs_request(XS_RM, tx, &iov, 1, NULL, NULL);
}

/* ---- directories ---- */

/* The list being collected from parts. */
struct parts {
    char *text;
    size_t len;
    char generation[24];
};

/* Takes one reply to XS_DIRECTORY_PART: "generation" NUL, then names; an empty name ends the directory. 1
 * when complete, 0 if more is to come, -EAGAIN if the directory has changed meanwhile, or another error. */
static int add_part(struct parts *p, const char *reply, size_t len)
{
    size_t head = strnlen(reply, len) + 1, n;
    bool last;
    char *text;

    if (head > len || head > sizeof(p->generation))
        return -EIO;
    if (p->len && strcmp(p->generation, reply) != 0)
        return -EAGAIN;
    memcpy(p->generation, reply, head);
    reply += head;
    n = len - head;
    last = n == 0 || (reply[n - 1] == '\0' && (n == 1 || reply[n - 2] == '\0'));
    if (last && n)
        n--;
    if (!last && n == 0)
        return -EIO;
    text = realloc(p->text, p->len + n + 1);
    if (!text)
        return -ENOMEM;
    memcpy(text + p->len, reply, n);
    p->text = text;
    p->len += n;
    return last;
}

/* Reads a directory in parts once. 0, -EAGAIN to start again, or an error; p->text is malloc'd in any
 * case. */
static int read_parts(uint32_t tx, const char *path, struct parts *p)
{
    int rc = 0;

    *p = (struct parts){ NULL, 0, "" };
    while (rc == 0) {
        char offset[24];
        struct pv_iovec iov[] = { string(path), { offset, 0 } };
        void *reply;
        size_t len;

        iov[1].len = (size_t)snprintf(offset, sizeof(offset), "%zu", p->len) + 1;
        rc = pv_xs_request(XS_DIRECTORY_PART, tx, iov, 2, &reply, &len);
        if (rc == 0) {
            rc = add_part(p, reply, len);
            free(reply);
        }
    }
    return rc == 1 ? 0 : rc;
}

static int read_large_directory(uint32_t tx, const char *path, char **text, size_t *len)
{
    struct parts p;
    int rc = -EAGAIN;
    unsigned int tries;

    for (tries = 0; rc == -EAGAIN && tries < PART_RETRIES; tries++) {
        rc = read_parts(tx, path, &p);
        if (rc != 0)
            free(p.text);
    }
    if (rc == 0) {
        *text = p.text;
        *len = p.len;
    }
    return rc;
}

static int split_reply(char *text, size_t len, char ***names, size_t *n)
{
    *names = pv_xs_split(text, len, n);
    free(text);
    return *names ? 0 : -ENOMEM;
}

int pv_xs_directory(uint32_t tx, const char *path, char ***names, size_t *n)
{
    struct pv_iovec iov = string(path);
    void *reply;
    char *text = NULL;
    size_t len;
    int rc = pv_xs_request(XS_DIRECTORY, tx, &iov, 1, &reply, &len);

    if (rc == 0)
        text = reply;
    else if (rc == -E2BIG)
        rc = read_large_directory(tx, path, &text, &len);
    return rc == 0 ? split_reply(text, len, names, n) : rc;
}

/* ---- permissions ---- */

int pv_xs_get_perms(uint32_t tx, const char *path, char ***perms, size_t *n)
{
    struct pv_iovec iov = string(path);
    void *reply;
    size_t len;
    int rc = pv_xs_request(XS_GET_PERMS, tx, &iov, 1, &reply, &len);

    return rc == 0 ? split_reply(reply, len, perms, n) : rc;
}

int pv_xs_set_perms(uint32_t tx, const char *path, const char *const *perms, size_t n)
{
    struct pv_iovec *iov;
    size_t i;
    int rc;

    if (n > XENSTORE_PAYLOAD_MAX)
        return -E2BIG;
    iov = malloc((n + 1) * sizeof(*iov));
    if (!iov)
        return -ENOMEM;
    iov[0] = string(path);
    for (i = 0; i < n; i++)
        iov[i + 1] = string(perms[i]);
    rc = pv_xs_request(XS_SET_PERMS, tx, iov, n + 1, NULL, NULL);
    free(iov);
    return rc;
}

/* ---- values ---- */

int pv_xs_printf(uint32_t tx, const char *path, const char *fmt, ...)
{
    char text[512];
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof(text))
        return -E2BIG;
    return pv_xs_write(tx, path, text, (size_t)len);
}

int pv_xs_read_u64(uint32_t tx, const char *path, uint64_t *value)
{
    char *text;
    size_t len;
    int rc = pv_xs_read(tx, path, &text, &len);

    if (rc != 0)
        return rc;
    if (strlen(text) != len || !pv_xs_parse_u64(text, value))
        rc = -EINVAL;
    free(text);
    return rc;
}

/* ---- transactions ---- */

int pv_xs_transaction_start(uint32_t *tx)
{
    struct pv_iovec iov = string("");
    uint64_t id = 0;
    void *reply;
    int rc = pv_xs_request(XS_TRANSACTION_START, PV_XS_NIL, &iov, 1, &reply, NULL);

    if (rc != 0)
        return rc;
    if (!pv_xs_parse_u64(reply, &id) || id == 0 || id > UINT32_MAX)
        rc = -EIO;
    free(reply);
    *tx = (uint32_t)id;
    return rc;
}

int pv_xs_transaction_end(uint32_t tx, bool commit)
{
    struct pv_iovec iov = string(commit ? "T" : "F");

    return pv_xs_request(XS_TRANSACTION_END, tx, &iov, 1, NULL, NULL);
}
