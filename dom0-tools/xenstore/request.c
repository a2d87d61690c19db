/*
 * Requests: the table of them, arguments, answers and errors.
 */
#include "request.h"

#include "conn.h"
#include "store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CONTROL_ONLY 1u                 /* domain 0 alone may send it */
#define NO_TX        2u                 /* the tx_id in its header means nothing */

/* The whole surface that a guest can reach. A hole answers ENOSYS. */
static const struct {
    int (*run)(struct request *rq);
    unsigned int flags;
} requests[XS_TYPE_COUNT] = {
    [XS_CONTROL]              = { request_control,              CONTROL_ONLY },
    [XS_DIRECTORY]            = { request_directory,            0 },
    [XS_READ]                 = { request_read,                 0 },
    [XS_GET_PERMS]            = { request_get_perms,            0 },
    [XS_WATCH]                = { request_watch,                NO_TX },
    [XS_UNWATCH]              = { request_unwatch,              NO_TX },
    [XS_TRANSACTION_START]    = { request_transaction_start,    0 },
    [XS_TRANSACTION_END]      = { request_transaction_end,      0 },
    [XS_INTRODUCE]            = { request_introduce,            CONTROL_ONLY },
    [XS_RELEASE]              = { request_release,              CONTROL_ONLY },
    [XS_GET_DOMAIN_PATH]      = { request_get_domain_path,      0 },
    [XS_WRITE]                = { request_write,                0 },
    [XS_MKDIR]                = { request_mkdir,                0 },
    [XS_RM]                   = { request_rm,                   0 },
    [XS_SET_PERMS]            = { request_set_perms,            0 },
    [XS_IS_DOMAIN_INTRODUCED] = { request_is_domain_introduced, CONTROL_ONLY },
    [XS_RESUME]               = { request_resume,               CONTROL_ONLY },
    [XS_SET_TARGET]           = { request_set_target,           CONTROL_ONLY },
    [XS_RESET_WATCHES]        = { request_reset_watches,        0 },
    [XS_DIRECTORY_PART]       = { request_directory_part,       0 },
};

const char *request_errno_name(int err)
{
    switch (err) {
    case EACCES:    return "EACCES";
    case EEXIST:    return "EEXIST";
    case EISDIR:    return "EISDIR";
    case ENOENT:    return "ENOENT";
    case ENOMEM:    return "ENOMEM";
    case ENOSPC:    return "ENOSPC";
    case EIO:       return "EIO";
    case ENOTEMPTY: return "ENOTEMPTY";
    case ENOSYS:    return "ENOSYS";
    case EROFS:     return "EROFS";
    case EBUSY:     return "EBUSY";
    case EAGAIN:    return "EAGAIN";
    case EISCONN:   return "EISCONN";
    case E2BIG:     return "E2BIG";
    case EPERM:     return "EPERM";
    default:        return "EINVAL";
    }
}

int request_strings(const struct request *rq, const char **out, int max)
{
    uint32_t at = 0;
    int n = 0;

    while (at < rq->len) {
        const char *end = memchr(rq->payload + at, '\0', rq->len - at);

        if (!end)
            return -EINVAL;
        if (n < max)
            out[n] = rq->payload + at;
        n++;
        at = (uint32_t)(end - rq->payload) + 1;
    }
    return n;
}

const char *request_one_string(const struct request *rq)
{
    const char *text;

    return request_strings(rq, &text, 1) == 1 ? text : NULL;
}

int request_path(struct request *rq, bool specials, size_t *base_len)
{
    int rc;

    if (rq->len == 0 || !memchr(rq->payload, '\0', rq->len))
        return -EINVAL;
    rc = path_resolve(rq->who->domid, rq->payload, specials, rq->path, base_len);
    rq->path_len = rc ? 0 : (uint32_t)strlen(rq->path);
    return rc;
}

int request_number(const char *text, uint64_t max, uint64_t *out)
{
    uint64_t n = 0;

    if (*text == '\0')
        return -EINVAL;
    for (; *text != '\0'; text++) {
        uint64_t digit = (uint64_t)(*text - '0');

        if (*text < '0' || *text > '9' || n > (max - digit) / 10)
            return -EINVAL;
        n = n * 10 + digit;
    }
    *out = n;
    return 0;
}

int request_domid(const char *text, domid_t *out)
{
    uint64_t n;

    if (!text || request_number(text, DOMID_FIRST_RESERVED - 1, &n))
        return -EINVAL;
    *out = (domid_t)n;
    return 0;
}

int request_reply(struct request *rq, const char *text)
{
    rq->reply_len = (uint32_t)strlen(text) + 1;
    memcpy(rq->reply, text, rq->reply_len);
    return 0;
}

int request_ok(struct request *rq)
{
    return request_reply(rq, "OK");
}

static struct tx *find_tx(struct conn *c, uint32_t id)
{
    struct tx *tx;

    LIST_FOREACH(tx, &c->transactions, link)
        if (tx->id == id)
            return tx;
    return NULL;
}

static int dispatch(struct request *rq, uint32_t type, uint32_t tx_id)
{
    unsigned int flags;

    if (type >= XS_TYPE_COUNT || !requests[type].run)
        return -ENOSYS;
    if (!rq->payload)
        return -ENOMEM;
    flags = requests[type].flags;
    if ((flags & CONTROL_ONLY) && rq->who->domid != 0)
        return -EACCES;
    if (tx_id != 0 && !(flags & NO_TX)) {
        rq->tx = find_tx(rq->conn, tx_id);
        if (!rq->tx)
            return -ENOENT;
    }
    return requests[type].run(rq);
}

struct watch *request_run(struct conn *c, struct out *answer)
{
    struct request rq = {
        .store = c->store, .conn = c, .who = c->domain, .payload = c->payload, .len = c->hdr.len,
        .reply = answer->bytes + sizeof(struct xsd_sockmsg),
    };
    uint32_t type = c->hdr.type;
    int rc = dispatch(&rq, type, c->hdr.tx_id);

    c->requests++;
    if (rc) {
        request_reply(&rq, request_errno_name(-rc));
        type = XS_ERROR;
    }
    out_fill_header(answer, type, c->hdr.req_id, c->hdr.tx_id, rq.reply_len);
    return rc ? NULL : rq.fresh_watch;
}
