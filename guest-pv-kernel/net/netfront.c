/* netfront.c: a network frontend and the store: finding the interface, and following the backend's state. All
 * of it happens in the frontend's thread, which sleeps until something in the store changes. */
#include "net/private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <pv/event.h>
#include <pv/time.h>

#define DEVICES "device/vif"
#define TOKEN_FRONT "front"
#define TOKEN_BACK "back"
#define STACK_BYTES (24u * 1024u)
#define CLOSE_NS (5 * PV_NS_PER_SEC)    /* what a backend may take to let go */
#define FAULTS_MAX 8u                   /* then the interface stays closed */

static LIST_HEAD(, pv_netfront) fronts = LIST_HEAD_INITIALIZER(fronts);

/* ---- keys ---- */

static char *read_text(const char *directory, const char *key)
{
    char path[192], *value;

    snprintf(path, sizeof(path), "%s/%s", directory, key);
    return pv_xs_read(PV_XS_NIL, path, &value, NULL) ? NULL : value;
}

static uint64_t read_number(const char *directory, const char *key, uint64_t otherwise)
{
    char path[192];
    uint64_t value;

    snprintf(path, sizeof(path), "%s/%s", directory, key);
    return pv_xs_read_u64(PV_XS_NIL, path, &value) ? otherwise : value;
}

static int put(const struct pv_netfront *n, uint32_t tx, const char *key, uint64_t value)
{
    char path[96];

    snprintf(path, sizeof(path), "%s/%s", n->front, key);
    return pv_xs_printf(tx, path, "%" PRIu64, value);
}

/* Runs `write` in a transaction that finds the interface still there: nothing is left behind of one that the
 * tools have taken away. */
static int update(struct pv_netfront *n, int (*write)(struct pv_netfront *n, uint32_t tx))
{
    char path[64], *value;
    uint32_t tx;
    int rc;

    snprintf(path, sizeof(path), "%s/backend", n->front);
    do {
        rc = pv_xs_transaction_start(&tx);
        if (rc != 0)
            return rc;
        rc = pv_xs_read(tx, path, &value, NULL);
        if (rc == 0) {
            free(value);
            rc = write(n, tx);
        }
        if (rc != 0) {
            pv_xs_transaction_end(tx, false);
            return rc;
        }
        rc = pv_xs_transaction_end(tx, true);
    } while (rc == -EAGAIN);
    return rc;
}

static int write_state(struct pv_netfront *n, uint32_t tx)
{
    return put(n, tx, "state", n->state);
}

static void set_state(struct pv_netfront *n, enum xenbus_state state)
{
    if (n->state == state)
        return;
    n->state = state;
    update(n, write_state);
}

static enum xenbus_state backend_state(const struct pv_netfront *n)
{
    if (!n->back)
        return XenbusStateUnknown;
    return (enum xenbus_state)read_number(n->back, "state", XenbusStateUnknown);
}

/* ---- events: of either direction, all look at both ---- */

static void on_event(evtchn_port_t port, void *arg)
{
    struct pv_netfront *n = arg;

    (void)port;
    pv_wake(&n->activity);
}

static int make_ports(struct pv_netfront *n)
{
    n->tx_port = pv_event_alloc_unbound(n->backend, on_event, n);
    if (n->tx_port < 0)
        return n->tx_port;
    n->rx_port = n->tx_port;
    if (read_number(n->back, "feature-split-event-channels", 0) == 1) {
        n->rx_port = pv_event_alloc_unbound(n->backend, on_event, n);
        if (n->rx_port < 0) {
            pv_event_close((evtchn_port_t)n->tx_port);
            return n->rx_port;
        }
    }
    return 0;
}

static void close_ports(struct pv_netfront *n)
{
    pv_event_close((evtchn_port_t)n->tx_port);
    if (n->rx_port != n->tx_port)
        pv_event_close((evtchn_port_t)n->rx_port);
}

/* ---- connecting ---- */

static int write_ports(struct pv_netfront *n, uint32_t tx)
{
    static const char *const names[] = { "event-channel", "event-channel-tx", "event-channel-rx" };
    bool split = n->rx_port != n->tx_port;
    char path[96];
    int i, rc;

    for (i = 0; i < 3; i++) {                       /* nothing of an earlier connection */
        snprintf(path, sizeof(path), "%s/%s", n->front, names[i]);
        rc = pv_xs_rm(tx, path);
        if (rc != 0 && rc != -ENOENT)
            return rc;
    }
    rc = put(n, tx, split ? names[1] : names[0], (uint64_t)n->tx_port);
    return rc == 0 && split ? put(n, tx, names[2], (uint64_t)n->rx_port) : rc;
}

static int write_offer(struct pv_netfront *n, uint32_t tx)
{
    static const char *const features[] = {
        "request-rx-copy", "feature-rx-notify", "feature-sg", "feature-gso-tcpv4", "feature-gso-tcpv6",
        "feature-ipv6-csum-offload",
    };
    int rc = put(n, tx, "tx-ring-ref", n->tx_ref);
    size_t i;

    if (rc == 0)
        rc = put(n, tx, "rx-ring-ref", n->rx_ref);
    if (rc == 0)
        rc = write_ports(n, tx);
    for (i = 0; rc == 0 && i < sizeof(features) / sizeof(features[0]); i++)
        rc = put(n, tx, features[i], 1);
    if (rc == 0)
        rc = put(n, tx, "feature-no-csum-offload", 0);
    return rc == 0 ? put(n, tx, "state", XenbusStateConnected) : rc;
}

static void disconnect(struct pv_netfront *n)
{
    bool was = n->connected;

    n->connected = false;
    n->broken = false;
    if (n->offered) {
        n->offered = false;
        close_ports(n);
        pv_nf_unshare(n);
    }
    if (was && n->on_link)
        n->on_link(n->arg, false);
    if (was) {
        pv_wake(&n->changed);
        pv_wake(&n->activity);
    }
}

static void offer(struct pv_netfront *n)
{
    int rc;

    if (read_number(n->back, "feature-rx-copy", 0) != 1) {
        printf("pv: %s: the backend does not copy frames (feature-rx-copy)\n", n->front);
        set_state(n, XenbusStateClosed);
        return;
    }
    n->checksum4 = read_number(n->back, "feature-no-csum-offload", 0) == 0;
    n->checksum6 = read_number(n->back, "feature-ipv6-csum-offload", 0) == 1;
    rc = make_ports(n);
    if (rc != 0) {
        printf("pv: %s: no event channel (error %d)\n", n->front, -rc);
        return;
    }
    rc = pv_nf_share(n);
    if (rc != 0) {
        printf("pv: %s: no memory for the rings\n", n->front);
        close_ports(n);
        return;
    }
    n->offered = true;
    rc = update(n, write_offer);
    if (rc == 0)
        n->state = XenbusStateConnected;
    else
        disconnect(n);
}

static void connect_rings(struct pv_netfront *n)
{
    if (n->connected)
        return;
    n->connected = true;
    if (n->on_link)
        n->on_link(n->arg, true);
    pv_wake(&n->changed);
    pv_wake(&n->activity);
}

void pv_nf_fault(struct pv_netfront *n)
{
    if (n->broken)
        return;
    n->broken = true;               /* the thread does the rest */
    n->faults++;
    printf("pv: %s: the backend breaks the protocol%s\n", n->front,
           n->faults > FAULTS_MAX ? "; it stays closed" : "");
    pv_wake(&n->watcher.waitq);
}

/* ---- the backend's state ---- */

static void backend_closed(struct pv_netfront *n)
{
    disconnect(n);
    if (read_number(n->back, "online", 0) == 0 || n->faults > FAULTS_MAX)
        set_state(n, XenbusStateClosed);
    else
        /* it may come back: asked once, for a state is only set when it changes */
        set_state(n, XenbusStateInitialising);
}

static void follow(struct pv_netfront *n)
{
    switch (backend_state(n)) {
    case XenbusStateInitWait:
        /* connected: it is another backend, or has started again */
        if (n->connected || !n->offered) {
            disconnect(n);
            if (n->faults <= FAULTS_MAX)
                offer(n);
        }
        break;
    case XenbusStateConnected:
        if (n->offered && n->state == XenbusStateConnected)
            connect_rings(n);
        else
            set_state(n, XenbusStateClosed);        /* it serves rings that are not ours */
        break;
    case XenbusStateClosing:
        disconnect(n);
        set_state(n, XenbusStateClosed);
        break;
    case XenbusStateClosed:
        backend_closed(n);
        break;
    case XenbusStateUnknown:
        if (!n->back || read_number(n->back, "online", UINT64_MAX) == UINT64_MAX)
            disconnect(n);
        break;
    default:
        break;
    }
}

/* The tools may take the interface away and put it back, with another backend. */
static void find_backend(struct pv_netfront *n)
{
    char path[192], *back = read_text(n->front, "backend");

    if (back && n->back && strcmp(back, n->back) == 0) {
        free(back);
        n->backend = (domid_t)read_number(n->front, "backend-id", 0);
        return;
    }
    if (n->back) {
        snprintf(path, sizeof(path), "%s/state", n->back);
        pv_xs_unwatch(&n->watcher, path, TOKEN_BACK);
        free(n->back);
        disconnect(n);
    }
    n->state = XenbusStateUnknown;
    n->back = back;
    if (!back)
        return;
    n->backend = (domid_t)read_number(n->front, "backend-id", 0);
    snprintf(path, sizeof(path), "%s/state", n->back);
    pv_xs_watch(&n->watcher, path, TOKEN_BACK);
}

/* ---- the thread ---- */

static void look_around(struct pv_netfront *n)
{
    bool news = false;

    if (n->broken) {
        disconnect(n);
        set_state(n, XenbusStateClosed);
    }
    while (n->watcher.queued && pv_xs_watch_next(&n->watcher, 0, NULL, NULL) == 0)
        news = true;
    if (news) {
        find_backend(n);
        follow(n);
    }
}

/* The last words: the backend lets go of the rings before our memory is others'. */
static void part(struct pv_netfront *n)
{
    uint64_t deadline = pv_now_ns() + CLOSE_NS;

    set_state(n, XenbusStateClosing);
    while (backend_state(n) == XenbusStateConnected && pv_now_ns() < deadline)
        pv_xs_watch_next(&n->watcher, deadline, NULL, NULL);
    disconnect(n);
    set_state(n, XenbusStateClosed);
    pv_xs_watcher_close(&n->watcher);
}

static void run(void *arg)
{
    struct pv_netfront *n = arg;

    while (!n->closing) {
        look_around(n);
        while (!n->closing && !n->broken && !n->watcher.queued)
            pv_wait(&n->watcher.waitq, UINT64_MAX);
    }
    part(n);
    n->ended = true;
    pv_wake(&n->changed);
}

/* ---- opening, closing ---- */

static bool read_mac(const char *text, uint8_t mac[6])
{
    unsigned int b[6];
    char behind;
    int i;

    if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &behind) != 6)
        return false;
    for (i = 0; i < 6; i++)
        mac[i] = (uint8_t)b[i];
    return !(mac[0] & 1);
}

/* The interface's address and, if the tools gave it one, its IP address, which the backend's directory may
 * have too. */
static int read_identity(struct pv_netfront *n)
{
    char *mac = read_text(n->front, "mac"), *back;
    bool good = mac && read_mac(mac, n->mac);

    free(mac);
    if (!good)
        return mac ? -EINVAL : -ENOENT;
    n->address = read_text(n->front, "ip");
    back = n->address ? NULL : read_text(n->front, "backend");
    if (back)
        n->address = read_text(back, "ip");
    free(back);
    return 0;
}

static void forget(struct pv_netfront *n)
{
    pv_xs_watcher_close(&n->watcher);
    free(n->address);
    free(n->back);
    free(n);
}

int pv_nf_start(unsigned handle, void (*on_link)(void *arg, bool up), void *arg, struct pv_netfront **net)
{
    struct pv_netfront *n;
    int rc;

    LIST_FOREACH(n, &fronts, link)
        if (n->handle == handle)
            return -EBUSY;
    n = calloc(1, sizeof(*n));
    if (!n)
        return -ENOMEM;
    n->handle = handle;
    n->on_link = on_link;
    n->arg = arg;
    snprintf(n->front, sizeof(n->front), DEVICES "/%u", handle);
    pv_xs_watcher_init(&n->watcher);
    LIST_INSERT_HEAD(&fronts, n, link);
    rc = read_identity(n);
    if (rc == 0)
        rc = pv_xs_watch(&n->watcher, n->front, TOKEN_FRONT);
    if (rc == 0 && !pv_thread_create("netfront", STACK_BYTES, run, n))
        rc = -ENOMEM;
    if (rc != 0) {
        LIST_REMOVE(n, link);
        forget(n);
        return rc;
    }
    *net = n;
    return 0;
}

int pv_netfront_open(unsigned handle, uint64_t deadline_ns, struct pv_netfront **net)
{
    struct pv_netfront *n;
    int rc = pv_nf_start(handle, NULL, NULL, &n);

    if (rc != 0)
        return rc;
    while (!n->connected)
        if (!pv_wait(&n->changed, deadline_ns) && !n->connected) {
            pv_netfront_close(n);
            return -ETIMEDOUT;
        }
    *net = n;
    return 0;
}

void pv_netfront_close(struct pv_netfront *n)
{
    n->closing = true;
    pv_wake(&n->watcher.waitq);
    pv_wait_event(&n->changed, n->ended);
    LIST_REMOVE(n, link);
    forget(n);
}
