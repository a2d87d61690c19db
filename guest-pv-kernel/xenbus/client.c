/* client.c: requests and replies over the store's ring. One thread reads the ring and hands replies to the
 * requests that wait for them, by number; requests are written whole, one after the other. The ring's page is
 * shared with the store: indices are private copies (lib/bytering.h), and a message that breaks the protocol
 * ends the connection, not the domain. */
#include "internal.h"
#include "lib/bytering.h"
#include "xenbus/private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <pv/console.h>
#include <pv/error.h>
#include <pv/event.h>
#include <pv/start.h>
#include <pv/xenbus.h>

struct request {
    uint32_t id;
    bool done;
    int error;                /* 0 or negative: no reply came, or none that fits memory */
    uint32_t type;            /* of the reply */
    char *body;               /* malloc'd, NUL behind it */
    size_t len;
    struct pv_waitq waitq;
    struct request *next;
};

static bool connected, broken;
static struct pv_bytering out, in;
static evtchn_port_t port;
static struct pv_mutex send_lock = PV_MUTEX_INIT;
static struct pv_waitq ring_waitq = PV_WAITQ_INIT;    /* reader: bytes have come */
static struct pv_waitq room_waitq = PV_WAITQ_INIT;    /* writer: room has come */
static struct request *waiting;
static uint32_t next_id;

bool pv_xs_is_broken(void)
{
    return broken;
}

static void on_event(evtchn_port_t p, void *arg)
{
    (void)p;
    (void)arg;
    pv_wake(&ring_waitq);
    pv_wake(&room_waitq);
}

static void give_up(const char *why)
{
    struct request *r;

    if (broken)
        return;
    broken = true;
    pv_console_emergency("xenbus: %s; the store is not used any more\n", why);
    for (r = waiting; r; r = r->next) {
        r->error = -EIO;
        r->done = true;
        pv_wake(&r->waitq);
    }
    pv_wake(&room_waitq);
    pv_xs_watch_broken();
}

/* ---- reading ---- */

/* Reads exactly len bytes, waiting for them. False: the connection has broken. */
static bool receive(void *to, size_t len)
{
    char *p = to;

    while (len && !broken) {
        int was_full;
        long n = pv_bytering_read(&in, p, len, &was_full);

        if (n < 0) {
            give_up("the store's ring index is out of range");
            return false;
        }
        if (n == 0)
            pv_wait(&ring_waitq, UINT64_MAX);
        else if (was_full)
            pv_event_send(port);
        p += n;
        len -= (size_t)n;
    }
    return !broken;
}

static struct request *find_request(uint32_t id)
{
    struct request *r;

    for (r = waiting; r; r = r->next)
        if (r->id == id && !r->done)
            return r;
    return NULL;
}

/* Reads one message and hands it on. False: the connection has broken. */
static bool receive_message(void)
{
    struct xsd_sockmsg head;
    struct request *r;
    char *body;

    if (!receive(&head, sizeof(head)))
        return false;
    if (head.len > XENSTORE_PAYLOAD_MAX) {
        give_up("the store sent a message that is too long");
        return false;
    }
    body = malloc(head.len + 1);
    if (!body) {
        give_up("no memory for a message of the store");
        return false;
    }
    if (!receive(body, head.len)) {
        free(body);
        return false;
    }
    body[head.len] = '\0';
    r = head.type == XS_WATCH_EVENT ? NULL : find_request(head.req_id);
    if (!r) {
        if (head.type == XS_WATCH_EVENT)
            pv_xs_watch_event(body, head.len);
        free(body);
        return true;
    }
    r->type = head.type;
    r->body = body;
    r->len = head.len;
    r->done = true;
    pv_wake(&r->waitq);
    return true;
}

static void reader(void *unused)
{
    (void)unused;
    while (receive_message())
        continue;
}

/* ---- connecting ---- */

static int connect_ring(void *page, evtchn_port_t local_port, bool bind)
{
    struct xenstore_domain_interface *ring = page;
    int rc;

    if (connected)
        return -EBUSY;
    pv_bytering_init(&out, ring->req, sizeof(ring->req), &ring->req_prod, &ring->req_cons);
    pv_bytering_init(&in, ring->rsp, sizeof(ring->rsp), &ring->rsp_cons, &ring->rsp_prod);
    port = local_port;
    rc = bind ? pv_event_bind_port(local_port, on_event, NULL) : 0;
    if (rc < 0)
        return rc;
    if (!pv_thread_create("xenbus", 16 * 1024, reader, NULL))
        return -ENOMEM;
    connected = true;
    return 0;
}

int pv_xenbus_attach(void *ring_page, evtchn_port_t local_port)
{
    return connect_ring(ring_page, local_port, true);
}

int pv_xenbus_init(void)
{
    void *page;

    if (connected)
        return 0;
    page = pv_start_info->store_evtchn ? pv_mfn_to_virt(pv_start_info->store_mfn) : NULL;
    if (pv_is_control_domain() || !page)
        return -ENOTCONN;
    return connect_ring(page, pv_start_info->store_evtchn, true);
}

/* ---- sending ---- */

/* Writes all bytes, waiting for room; the store is only told of them when there is none. Under send_lock.
 * False: the connection has broken. */
static bool transmit(const void *from, size_t len)
{
    const char *p = from;

    while (len && !broken) {
        long n = pv_bytering_write(&out, p, len);

        if (n < 0) {
            give_up("the store's ring index is out of range");
            return false;
        }
        if (n == 0) {
            pv_event_send(port);
            pv_wait(&room_waitq, UINT64_MAX);
        }
        p += n;
        len -= (size_t)n;
    }
    return !broken;
}

static void forget(struct request *r)
{
    struct request **link = &waiting;

    while (*link != r)
        link = &(*link)->next;
    *link = r->next;
}

/* Sends a request and waits for its reply, which is left in *r. 0 or a negative error. */
static int exchange(struct request *r, uint32_t type, uint32_t tx, const struct pv_iovec *iov, size_t n,
                    size_t len)
{
    struct xsd_sockmsg head = { .type = type, .tx_id = tx, .len = (uint32_t)len };
    bool sent;
    size_t i;

    pv_mutex_lock(&send_lock);
    head.req_id = r->id = ++next_id;
    r->next = waiting;
    waiting = r;
    sent = transmit(&head, sizeof(head));
    for (i = 0; sent && i < n; i++)
        sent = transmit(iov[i].base, iov[i].len);
    if (sent)
        pv_event_send(port);
    pv_mutex_unlock(&send_lock);
    while (sent && !r->done)
        pv_wait(&r->waitq, UINT64_MAX);
    forget(r);
    return sent ? r->error : -EIO;
}

/* 0 if the reply is one to a request of `type`, else a negative error. */
static int reply_error(const struct request *r, uint32_t type)
{
    if (r->type == XS_ERROR)
        return -pv_errno_by_name(r->body);
    return r->type == type ? 0 : -EIO;
}

int pv_xs_request(uint32_t type, uint32_t tx, const struct pv_iovec *iov, size_t n, void **reply, size_t *len)
{
    struct request r = { .waitq = PV_WAITQ_INIT };
    size_t i, total = 0;
    int rc = pv_xenbus_init();

    if (rc != 0)
        return rc;
    if (broken)
        return -EIO;
    for (i = 0; i < n; i++)
        if (iov[i].len > XENSTORE_PAYLOAD_MAX || (total += iov[i].len) > XENSTORE_PAYLOAD_MAX)
            return -E2BIG;
    rc = exchange(&r, type, tx, iov, n, total);
    if (rc == 0)
        rc = reply_error(&r, type);
    if (len)
        *len = rc == 0 ? r.len : 0;
    if (reply)
        *reply = rc == 0 ? r.body : NULL;
    if (rc != 0 || !reply)
        free(r.body);
    return rc;
}
