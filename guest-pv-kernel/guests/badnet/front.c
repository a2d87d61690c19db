/* front.c: see badnet.h. */
#include "badnet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv/event.h>
#include <pv/grant.h>
#include <pv/memory.h>
#include <pv/time.h>
#include <pv/xenbus.h>

unsigned any(unsigned n)
{
    static uint64_t state = 0x9e3779b97f4a7c15;

    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (unsigned)((state * 0x2545f4914f6cdd1d >> 33) % n);
}

static void on_event(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
}

static char *read_key(const char *directory, const char *key)
{
    char path[128], *value;

    snprintf(path, sizeof(path), "%s/%s", directory, key);
    return pv_xs_read(PV_XS_NIL, path, &value, NULL) ? NULL : value;
}

static bool read_mac(struct front *f)
{
    char *text = read_key(f->path, "mac");
    unsigned m[6];
    bool right = text && sscanf(text, "%x:%x:%x:%x:%x:%x", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5]) == 6;

    for (unsigned i = 0; i < 6 && right; i++)
        f->mac[i] = (uint8_t)m[i];
    free(text);
    return right;
}

/* To everybody, of a type for experiments: 0x88b5. */
static void make_frame(struct front *f, uint8_t *frame)
{
    memset(frame, 0xff, 6);
    memcpy(frame + 6, f->mac, 6);
    frame[12] = 0x88;
    frame[13] = 0xb5;
}

bool front_find(struct front *f)
{
    void *tx = pv_pages_alloc(1), *rx = pv_pages_alloc(1);

    strcpy(f->path, "device/vif/0");
    f->back = read_key(f->path, "backend");
    if (!f->back || !read_mac(f) || !tx || !rx)
        return false;
    SHARED_RING_INIT((struct netif_tx_sring *)tx);
    SHARED_RING_INIT((struct netif_rx_sring *)rx);
    FRONT_RING_INIT(&f->tx, (struct netif_tx_sring *)tx, PV_PAGE_SIZE);
    FRONT_RING_INIT(&f->rx, (struct netif_rx_sring *)rx, PV_PAGE_SIZE);
    f->tx_ref = pv_grant_access(0, tx, false);
    f->rx_ref = pv_grant_access(0, rx, false);
    f->port = pv_event_alloc_unbound(0, on_event, NULL);
    f->pages = pv_pages_alloc(PAGES);
    for (unsigned i = 0; i < PAGES; i++) {
        make_frame(f, f->pages + i * PV_PAGE_SIZE);
        f->refs[i] = pv_grant_access(0, f->pages + i * PV_PAGE_SIZE, false);
    }
    return f->tx_ref > 0 && f->rx_ref > 0 && f->port > 0 && f->refs[PAGES - 1] > 0;
}

void front_put(struct front *f, const char *key, uint64_t value)
{
    char path[64];

    snprintf(path, sizeof(path), "%s/%s", f->path, key);
    pv_xs_printf(PV_XS_NIL, path, "%llu", (unsigned long long)value);
}

unsigned front_backend_state(struct front *f)
{
    char path[128];
    uint64_t state;

    snprintf(path, sizeof(path), "%s/state", f->back);
    return pv_xs_read_u64(PV_XS_NIL, path, &state) ? 0 : (unsigned)state;
}

bool front_connect(struct front *f)
{
    front_put(f, "tx-ring-ref", (uint64_t)f->tx_ref);
    front_put(f, "rx-ring-ref", (uint64_t)f->rx_ref);
    front_put(f, "event-channel", (uint64_t)f->port);
    front_put(f, "request-rx-copy", 1);
    front_put(f, "state", XenbusStateConnected);
    for (unsigned i = 0; i < 100 && front_backend_state(f) != XenbusStateConnected; i++)
        pv_sleep_ns(50 * PV_NS_PER_MS);
    return front_backend_state(f) == XenbusStateConnected;
}

void front_request(struct front *f, unsigned ref, unsigned offset, unsigned size, unsigned flags)
{
    *RING_GET_REQUEST(&f->tx, f->tx.req_prod_pvt) = (struct netif_tx_request){
        ref, (uint16_t)offset, (uint16_t)flags, (uint16_t)f->tx.req_prod_pvt, (uint16_t)size };
    f->tx.req_prod_pvt++;
}

void front_extra(struct front *f, unsigned type, unsigned flags, unsigned gso_size, unsigned gso_type)
{
    struct netif_extra_info extra = { .type = (uint8_t)type, .flags = (uint8_t)flags };

    extra.u.gso.size = (uint16_t)gso_size;
    extra.u.gso.type = (uint8_t)gso_type;
    memcpy(RING_GET_REQUEST(&f->tx, f->tx.req_prod_pvt++), &extra, sizeof(extra));
}

void front_push(struct front *f)
{
    RING_PUSH_REQUESTS(&f->tx);
    pv_event_send((evtchn_port_t)f->port);
}

void front_answers(struct front *f, unsigned *good, unsigned *errors)
{
    *good = *errors = 0;
    for (unsigned i = 0; i < 100 && f->tx.sring->rsp_prod != f->tx.req_prod_pvt; i++)
        pv_sleep_ns(10 * PV_NS_PER_MS);
    xen_rmb();
    while (f->tx.rsp_cons != f->tx.sring->rsp_prod) {
        int status = RING_GET_RESPONSE(&f->tx, f->tx.rsp_cons++)->status;

        *good += status == NETIF_RSP_OKAY;
        *errors += status < 0;
    }
}

bool front_alive(struct front *f)
{
    unsigned good, errors;

    front_request(f, (unsigned)f->refs[0], 0, FRAME, 0);
    front_push(f);
    front_answers(f, &good, &errors);
    return good == 1 && errors == 0;
}
