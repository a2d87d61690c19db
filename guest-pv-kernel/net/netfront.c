/* netfront.c: a network frontend and the store: finding the interface, and following the backend's state. All
 * of it happens in the frontend's thread, which sleeps until something in the store changes. */
#include "net/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv/event.h>
#include <pv/time.h>

#define STACK_BYTES (24u * 1024u)
#define FAULTS_MAX 8u                   /* then the interface stays closed */

static LIST_HEAD(, pv_netfront) fronts = LIST_HEAD_INITIALIZER(fronts);

/* ---- events: of either direction, all look at both ---- */

static void on_event(evtchn_port_t port, void *arg)
{
    struct pv_netfront *n = arg;

    (void)port;
    pv_wake(&n->activity);
}

static int make_ports(struct pv_netfront *n)
{
    n->tx_port = pv_event_alloc_unbound(n->fe.backend, on_event, n);
    if (n->tx_port < 0)
        return n->tx_port;
    n->rx_port = n->tx_port;
    if (pv_frontend_ask(&n->fe, "feature-split-event-channels", 0) == 1) {
        n->rx_port = pv_event_alloc_unbound(n->fe.backend, on_event, n);
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

/* ---- its address ---- */

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

static int read_address(struct pv_netfront *n)
{
    char *text = pv_key_text(n->fe.front, "mac");
    uint8_t mac[6];
    int rc = !text ? -ENOENT : read_mac(text, mac) ? 0 : -EINVAL;

    free(text);
    if (rc == 0)
        memcpy(n->mac, mac, sizeof(n->mac));
    return rc;
}

/* ---- connecting ---- */

static int write_ports(const struct pv_netfront *n, uint32_t tx)
{
    static const char *const names[] = { "event-channel", "event-channel-tx", "event-channel-rx" };
    bool split = n->rx_port != n->tx_port;
    int i, rc = 0;

    for (i = 0; rc == 0 && i < 3; i++)              /* nothing of an earlier connection */
        rc = pv_key_clear(tx, n->fe.front, names[i]);
    if (rc == 0)
        rc = pv_key_put_number(tx, n->fe.front, split ? names[1] : names[0], (uint64_t)n->tx_port);
    return rc == 0 && split ? pv_key_put_number(tx, n->fe.front, names[2], (uint64_t)n->rx_port) : rc;
}

static int write_offer(void *device, uint32_t tx)
{
    static const char *const features[] = {
        "request-rx-copy", "feature-rx-notify", "feature-sg", "feature-gso-tcpv4", "feature-gso-tcpv6",
        "feature-ipv6-csum-offload",
    };
    const struct pv_netfront *n = device;
    int rc = pv_key_put_number(tx, n->fe.front, "tx-ring-ref", n->tx_ref);
    size_t i;

    if (rc == 0)
        rc = pv_key_put_number(tx, n->fe.front, "rx-ring-ref", n->rx_ref);
    if (rc == 0)
        rc = write_ports(n, tx);
    for (i = 0; rc == 0 && i < sizeof(features) / sizeof(features[0]); i++)
        rc = pv_key_put_number(tx, n->fe.front, features[i], 1);
    return rc == 0 ? pv_key_put_number(tx, n->fe.front, "feature-no-csum-offload", 0) : rc;
}

static void disconnect(void *device, bool was)
{
    struct pv_netfront *n = device;

    close_ports(n);
    pv_nf_unshare(n);
    if (!was)
        return;
    if (n->on_link)
        n->on_link(n->arg, false);
    pv_wake(&n->changed);
    pv_wake(&n->activity);
}

static int offer(void *device)
{
    struct pv_netfront *n = device;
    int rc;

    if (pv_frontend_ask(&n->fe, "feature-rx-copy", 0) != 1) {
        printf("pv: %s: the backend does not copy frames (feature-rx-copy)\n", n->fe.front);
        pv_frontend_set_state(&n->fe, XenbusStateClosed);
        return -ENOTSUP;
    }
    if (read_address(n) != 0)
        printf("pv: %s: its MAC address cannot be read; it keeps the last one\n", n->fe.front);
    n->checksum4 = pv_frontend_ask(&n->fe, "feature-no-csum-offload", 0) == 0;
    n->checksum6 = pv_frontend_ask(&n->fe, "feature-ipv6-csum-offload", 0) == 1;
    rc = make_ports(n);
    if (rc != 0) {
        printf("pv: %s: no event channel (error %d)\n", n->fe.front, -rc);
        return rc;
    }
    rc = pv_nf_share(n);
    if (rc != 0) {
        printf("pv: %s: no memory for the rings\n", n->fe.front);
        close_ports(n);
        return rc;
    }
    rc = pv_frontend_tell(&n->fe, write_offer, XenbusStateConnected);
    if (rc != 0)
        disconnect(n, false);
    return rc;
}

static void connect(void *device)
{
    struct pv_netfront *n = device;

    if (n->fe.connected)
        return;
    n->fe.connected = true;
    if (n->on_link)
        n->on_link(n->arg, true);
    pv_wake(&n->changed);
    pv_wake(&n->activity);
}

static const struct pv_frontend_ops ops = { .offer = offer, .connect = connect, .disconnect = disconnect };

void pv_nf_fault(struct pv_netfront *n)
{
    if (n->broken)
        return;
    n->broken = true;               /* the thread does the rest */
    n->faults++;
    printf("pv: %s: the backend breaks the protocol%s\n", n->fe.front,
           n->faults > FAULTS_MAX ? "; it stays closed" : "");
    pv_wake(&n->fe.watcher.waitq);
}

/* ---- the thread ---- */

static void end_broken(struct pv_netfront *n)
{
    pv_frontend_drop(&n->fe);
    n->broken = false;
    if (n->faults > FAULTS_MAX)
        pv_frontend_give_up(&n->fe);
    else
        pv_frontend_set_state(&n->fe, XenbusStateClosed);
}

static void run(void *arg)
{
    struct pv_netfront *n = arg;

    while (!n->closing) {
        if (n->broken)
            end_broken(n);
        pv_frontend_look(&n->fe);
        while (!n->closing && !n->broken && !pv_frontend_has_news(&n->fe))
            pv_wait(&n->fe.watcher.waitq, UINT64_MAX);
    }
    pv_frontend_part(&n->fe);
    n->ended = true;
    pv_wake(&n->changed);
}

/* ---- opening, closing ---- */

/* The interface's address and, if the tools gave it one, its IP address, which the backend's directory may
 * have too. */
static int read_identity(struct pv_netfront *n)
{
    int rc = read_address(n);

    if (rc != 0)
        return rc;
    n->address = pv_key_text(n->fe.front, "ip");
    if (!n->address)
        n->address = pv_key_text(n->fe.back, "ip");
    return 0;
}

static void forget(struct pv_netfront *n)
{
    pv_frontend_free(&n->fe);
    free(n->address);
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
    LIST_INSERT_HEAD(&fronts, n, link);
    rc = pv_frontend_start(&n->fe, "vif", handle, &ops, n);
    if (rc == 0)
        rc = read_identity(n);
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
    while (!n->fe.connected)
        if (!pv_wait(&n->changed, deadline_ns) && !n->fe.connected) {
            pv_netfront_close(n);
            return -ETIMEDOUT;
        }
    *net = n;
    return 0;
}

void pv_netfront_close(struct pv_netfront *n)
{
    n->closing = true;
    pv_wake(&n->fe.watcher.waitq);
    pv_wait_event(&n->changed, n->ended);
    LIST_REMOVE(n, link);
    forget(n);
}
