/* front.c: the part that could be any frontend's. */
#include "badblock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/abi-barrier.h>
#include <xen/io/protocols.h>
#include <pv/console.h>
#include <pv/event.h>
#include <pv/grant.h>
#include <pv/memory.h>
#include <pv/thread.h>
#include <pv/time.h>
#include <pv/xenbus.h>

#define PATIENCE_NS (5 * PV_NS_PER_SEC)

static struct pv_waitq answered = PV_WAITQ_INIT;

static void on_event(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    pv_wake(&answered);
}

uint64_t front_random(void)
{
    static uint64_t state = 88172645463325252u;

    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

uint64_t stop_time(const char *arg)
{
    return pv_now_ns() + (*arg >= '0' && *arg <= '9' ? (uint64_t)(*arg - '0') : 1) * PV_NS_PER_SEC;
}

/* ---- the store ---- */

bool front_find(struct front *f)
{
    char **names, path[96], *back;
    uint64_t number;
    size_t n;

    if (pv_xs_directory(PV_XS_NIL, "device/vbd", &names, &n) || n == 0)
        return false;
    snprintf(f->path, sizeof(f->path), "device/vbd/%.10s", names[0]);
    free(names);
    snprintf(path, sizeof(path), "%s/backend", f->path);
    if (pv_xs_read(PV_XS_NIL, path, &back, NULL))
        return false;
    snprintf(f->back, sizeof(f->back), "%s", back);
    free(back);
    snprintf(path, sizeof(path), "%s/backend-id", f->path);
    f->backend = pv_xs_read_u64(PV_XS_NIL, path, &number) ? 0 : (domid_t)number;
    return true;
}

void front_put(const struct front *f, const char *key, const char *value)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", f->path, key);
    pv_xs_write(PV_XS_NIL, path, value, strlen(value));
}

static void put_number(const struct front *f, const char *key, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%lu", (unsigned long)value);
    front_put(f, key, text);
}

void front_state(const struct front *f, enum xenbus_state state)
{
    put_number(f, "state", state);
}

static uint64_t back_number(const struct front *f, const char *key)
{
    char path[160];
    uint64_t value;

    snprintf(path, sizeof(path), "%s/%s", f->back, key);
    return pv_xs_read_u64(PV_XS_NIL, path, &value) ? 0 : value;
}

enum xenbus_state front_backend_state(const struct front *f)
{
    return (enum xenbus_state)back_number(f, "state");
}

bool front_wait(const struct front *f, enum xenbus_state state)
{
    uint64_t deadline = pv_now_ns() + PATIENCE_NS;

    while (front_backend_state(f) != state) {
        if (pv_now_ns() > deadline)
            return false;
        pv_sleep_ns(2 * PV_NS_PER_MS);
    }
    return true;
}

/* ---- up ---- */

void front_make(struct front *f)
{
    struct blkif_sring *sring = pv_pages_alloc(1);
    char *nobody = pv_pages_alloc(1);

    XEN_FRONT_RING_INIT(&f->ring, sring, PV_PAGE_SIZE);
    f->port = pv_event_alloc_unbound(f->backend, on_event, NULL);
    f->pages = pv_pages_alloc(PAGES);
    for (unsigned i = 0; i < PAGES; i++)
        f->refs[i] = (grant_ref_t)pv_grant_access(f->backend, f->pages + i * PV_PAGE_SIZE, false);
    /* The ring's reference is far from the others: a flipped bit in one of them does not name it. */
    for (unsigned i = 0; i < 300; i++)
        pv_grant_access(f->backend, nobody, true);
    f->ring_ref = (grant_ref_t)pv_grant_access(f->backend, sring, false);
}

void front_publish(const struct front *f)
{
    put_number(f, "ring-ref", f->ring_ref);
    put_number(f, "event-channel", (uint64_t)f->port);
    front_put(f, "protocol", XEN_IO_PROTO_ABI_X86_64);
}

void front_connect(struct front *f)
{
    front_make(f);
    front_state(f, XenbusStateInitialising);
    if (!front_wait(f, XenbusStateInitWait))
        pv_panic("the backend does not wait for a ring");
    front_publish(f);
    front_state(f, XenbusStateInitialised);
    if (!front_wait(f, XenbusStateConnected))
        pv_panic("the backend does not connect");
    f->sectors = back_number(f, "sectors");
    front_state(f, XenbusStateConnected);
}

/* ---- requests ---- */

struct blkif_request *front_next(struct front *f)
{
    return RING_GET_REQUEST(&f->ring, f->ring.req_prod_pvt++);
}

void front_push(struct front *f)
{
    RING_PUSH_REQUESTS(&f->ring);
    xen_mb();
    pv_event_send((evtchn_port_t)f->port);
}

bool front_answer(struct front *f, struct blkif_response *r)
{
    uint64_t deadline = pv_now_ns() + PATIENCE_NS;
    int more;

    for (;;) {
        RING_FINAL_CHECK_FOR_RESPONSES(&f->ring, more);
        if (more) {
            RING_COPY_RESPONSE(&f->ring, f->ring.rsp_cons, r);
            f->ring.rsp_cons++;
            return true;
        }
        if (!pv_wait(&answered, deadline))
            return false;
    }
}

int front_ask(struct front *f, const struct blkif_request *r)
{
    static uint64_t id;
    struct blkif_request copy = *r;
    struct blkif_response a;

    copy.id = ++id;
    *front_next(f) = copy;
    front_push(f);
    return front_answer(f, &a) && a.id == id ? a.status : 1;
}

struct blkif_request front_request(const struct front *f, uint8_t operation, uint64_t sector, unsigned pages)
{
    struct blkif_request r = {
        .operation = operation, .nr_segments = (uint8_t)pages, .sector_number = sector,
    };

    for (unsigned i = 0; i < pages; i++)
        r.seg[i] = (struct blkif_request_segment){ .gref = f->refs[i], .last_sect = 7 };
    return r;
}

bool front_works(struct front *f)
{
    struct blkif_request r = front_request(f, BLKIF_OP_WRITE, 8, 1);
    char mark = (char)front_random();

    memset(f->pages, mark, PV_PAGE_SIZE);
    if (front_ask(f, &r) != BLKIF_RSP_OKAY)
        return false;
    memset(f->pages, 0, PV_PAGE_SIZE);
    r.operation = BLKIF_OP_READ;
    return front_ask(f, &r) == BLKIF_RSP_OKAY && f->pages[0] == mark && f->pages[PV_PAGE_SIZE - 1] == mark;
}
