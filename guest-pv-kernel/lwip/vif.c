/* vif.c: a domain's interface under the TCP/IP stack: frames between the frontend's rings and lwIP, one copy
 * each way. */
#include "private.h"
#include "net/private.h"
#include "lwip/inet_chksum.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pv/error.h>
#include <pv/net.h>
#include <pv/time.h>

#define STACK_BYTES (48u * 1024u)
#define QUEUE 512u              /* frames that wait for room in the ring */
#define BATCH 64u               /* frames that are taken before others run */
#define PIECES 16u
#define PATIENCE_NS (60 * PV_NS_PER_SEC)

struct waiting {
    struct pbuf *p;
    unsigned start, offset;
};

struct vif {
    struct pv_netfront *net;
    struct netif *netif;
    struct waiting queue[QUEUE];
    unsigned first, count;
};

/* ---- out; with the stack's lock held ---- */

/* For a backend that completes no checksums of this kind. */
static void complete(struct pbuf *p, unsigned start, unsigned offset)
{
    uint16_t sum;

    if (pbuf_remove_header(p, start) != 0)
        return;
    sum = inet_chksum_pbuf(p);
    memcpy((char *)p->payload + offset, &sum, sizeof(sum));
    pbuf_add_header(p, start);
}

static int send_now(struct vif *v, struct pbuf *p, bool blank)
{
    struct pv_nf_piece pieces[PIECES];
    size_t n = 0;

    for (; p && n < PIECES; p = p->next)
        pieces[n++] = (struct pv_nf_piece){ p->payload, p->len };
    return p ? -EMSGSIZE : pv_nf_output(v->net, pieces, n, blank);
}

static bool completed_by_backend(const struct vif *v, const struct pbuf *p)
{
    return ((const uint8_t *)p->payload)[12] == 0x08 ? v->net->checksum4 : v->net->checksum6;
}

static int output(void *arg, struct pbuf *p, unsigned start, unsigned offset)
{
    struct vif *v = arg;
    int rc = -ENOBUFS;

    if (start != 0 && !completed_by_backend(v, p)) {
        complete(p, start, offset);
        start = 0;
    }
    if (v->count == 0)
        rc = send_now(v, p, start != 0);
    if (rc != -ENOBUFS)
        return rc == -EMSGSIZE ? 0 : rc;    /* what never fits is not tried again */
    if (v->count == QUEUE)
        return rc;
    pbuf_ref(p);
    v->queue[(v->first + v->count) % QUEUE] = (struct waiting){ p, start, offset };
    v->count++;
    return 0;
}

static void send_waiting(struct vif *v)
{
    pv_net_lock();
    while (v->count > 0) {
        struct waiting *w = &v->queue[v->first];

        if (send_now(v, w->p, w->start != 0) == -ENOBUFS)
            break;
        pbuf_free(w->p);
        v->first = (v->first + 1) % QUEUE;
        v->count--;
    }
    pv_net_unlock();
}

/* ---- in ---- */

static struct pbuf *copy_frame(const struct nf_frame *f)
{
    struct pbuf *p = pv_net_frame(f->bytes);
    size_t done = 0;
    unsigned i;

    for (i = 0; p && i < f->piece_count; i++) {
        memcpy((char *)p->payload + done, f->pieces[i].at, f->pieces[i].bytes);
        done += f->pieces[i].bytes;
    }
    return p;
}

/* Takes a batch of frames; true if there may be more. The pages are given back before the stack sees the
 * copy, for that may wait. */
static bool take_frames(struct vif *v)
{
    struct nf_frame f;
    struct pbuf *p;
    unsigned n;

    for (n = 0; n < BATCH && pv_nf_take(v->net, &f) == 1; n++) {
        p = copy_frame(&f);
        pv_nf_release(v->net, &f);
        if (p)
            pv_net_input(v->netif, p, f.verified);
    }
    if (n > 0)
        pv_nf_offer(v->net);
    return n == BATCH;
}

static void run(void *arg)
{
    struct vif *v = arg;

    for (;;) {
        while (take_frames(v))
            pv_yield();
        if (v->count > 0)
            send_waiting(v);
        pv_wait(&v->net->activity, UINT64_MAX);
    }
}

/* ---- addresses ---- */

static void on_link(void *arg, bool up)
{
    struct vif *v = arg;

    if (!v->netif)
        return;
    if (up)
        pv_net_set_mac(v->netif, pv_netfront_mac(v->net));
    pv_net_set_link(v->netif, up);
}

static int configure(struct vif *v, const char *address)
{
    if (!address)
        address = pv_netfront_address(v->net);
    return address && *address ? pv_net_static(v->netif, address) : pv_net_dhcp(v->netif);
}

int pv_net_vif(unsigned handle, const char *address, uint64_t deadline_ns, struct netif **netif)
{
    struct pv_net_device device = { .mtu = 1500, .flags = PV_NET_CHECKSUM, .output = output };
    struct vif *v = calloc(1, sizeof(*v));
    int rc = v ? pv_nf_start(handle, on_link, v, &v->net) : -ENOMEM;

    *netif = NULL;
    if (rc != 0) {
        free(v);
        return rc;
    }
    device.arg = v;
    if (!pv_netfront_address(v->net))
        device.flags |= PV_NET_IPV6;        /* whoever may only use one IPv4 address may not use IPv6 */
    memcpy(device.mac, pv_netfront_mac(v->net), sizeof(device.mac));
    rc = pv_net_add(&device, &v->netif);
    if (rc == 0)
        rc = configure(v, address);
    if (rc == 0 && !pv_thread_create("vif", STACK_BYTES, run, v))
        rc = -ENOMEM;
    if (rc != 0) {
        pv_netfront_close(v->net);
        if (v->netif)
            pv_net_remove(v->netif);
        free(v);
        return rc;
    }
    pv_net_set_link(v->netif, v->net->fe.connected);
    *netif = v->netif;
    return pv_net_wait(v->netif, deadline_ns);
}

int pv_net_up(unsigned handle, const char *address, struct netif **netif)
{
    int rc = pv_net_vif(handle, address, pv_now_ns() + PATIENCE_NS, netif);

    while (rc == -ETIMEDOUT && *netif) {
        printf("pv: interface %u: no address yet\n", handle);
        rc = pv_net_wait(*netif, pv_now_ns() + PATIENCE_NS);
    }
    if (rc != 0)
        printf("pv: interface %u: %s\n", handle, pv_errno_name(rc));
    return rc;
}
