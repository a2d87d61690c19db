/* What can't be compared as a number: the macros that are statements, declarations or names of fields.
 * Compiled against our headers and against Xen's, this program must print the same text. test_abi.py insists
 * that every such macro occurs here. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define rmb() mb()
#define wmb() mb()

#define XEN_WANT_FLEX_CONSOLE_RING
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/io/blkif.h>
#include <xen/io/console.h>
#include <xen/io/netif.h>
#include <xen/io/ring.h>
#include <xen/io/xs_wire.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/version.h>

#if __XEN_INTERFACE_VERSION__ >= 0x00030208
#define xen_mb() mb()
#define xen_rmb() rmb()
#define xen_wmb() wmb()
#endif

struct question { uint32_t number; char text[9]; };
struct answer { uint32_t number; uint64_t sum; };
DEFINE_RING_TYPES(talk, struct question, struct answer);
DEFINE_XEN_FLEX_RING_AND_INTF(wide);
DEFINE_XEN_FLEX_RING(narrow);

#define SHOW(expression) printf("%s = %lld\n", #expression, (long long)(expression))

/* A generator of our own, so that both builds take the same turns. */
static unsigned dice(unsigned sides)
{
    static uint32_t state = 12345;
    state = state * 1664525 + 1013904223;
    return (state >> 8) % sides;
}

static void show_ring(const char *what, const talk_sring_t *s, const talk_front_ring_t *f,
                      const talk_back_ring_t *b)
{
    printf("%s: %u %u %u %u front %u %u %u free %u full %d back %u %u %u", what, s->req_prod, s->req_event,
           s->rsp_prod, s->rsp_event, f->req_prod_pvt, f->rsp_cons, f->nr_ents, RING_FREE_REQUESTS(f),
           RING_FULL(f) != 0, b->rsp_prod_pvt, b->req_cons, b->nr_ents);
    printf(" waiting %u %u has %d %d\n", (unsigned)XEN_RING_NR_UNCONSUMED_REQUESTS(b),
           (unsigned)XEN_RING_NR_UNCONSUMED_RESPONSES(f), (int)RING_HAS_UNCONSUMED_REQUESTS(b),
           (int)RING_HAS_UNCONSUMED_RESPONSES(f));
}

static void front_turn(talk_front_ring_t *f)
{
    int notify = -1, work = -1;

    for (unsigned n = dice(4); n > 0 && !RING_FULL(f); n--) {
        struct question *q = RING_GET_REQUEST(f, f->req_prod_pvt);
        memset(q, 0, sizeof(*q));
        q->number = f->req_prod_pvt++;
    }
    if (dice(2))
        RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(f, notify);
    else
        RING_PUSH_REQUESTS(f);
    while (dice(3) && RING_HAS_UNCONSUMED_RESPONSES(f)) {
        struct answer a;
        RING_COPY_RESPONSE(f, f->rsp_cons, &a);
        printf("answer %u %llu %d\n", a.number, (unsigned long long)a.sum,
               a.number == RING_GET_RESPONSE(f, f->rsp_cons)->number);
        f->rsp_cons++;
    }
    if (dice(2))
        RING_FINAL_CHECK_FOR_RESPONSES(f, work);
    printf("front %d %d\n", notify, work);
}

static void back_turn(talk_back_ring_t *b)
{
    int notify = -1, work = -1;

    while (dice(4) && RING_HAS_UNCONSUMED_REQUESTS(b)) {
        struct question q;
        struct answer *a = RING_GET_RESPONSE(b, b->rsp_prod_pvt);
        RING_COPY_REQUEST(b, b->req_cons, &q);
        b->req_cons++;
        a->number = q.number;
        a->sum = 2 * (uint64_t)q.number;
        b->rsp_prod_pvt++;
    }
    if (dice(2))
        RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(b, notify);
    else
        RING_PUSH_RESPONSES(b);
    if (dice(2))
        RING_FINAL_CHECK_FOR_REQUESTS(b, work);
    printf("back %d %d\n", notify, work);
}

static void rings(unsigned start)
{
    static union { char bytes[4096]; talk_sring_t ring; } page;
    talk_front_ring_t f;
    talk_back_ring_t b;

    memset(&page, 0x5a, sizeof(page));
    SHARED_RING_INIT(&page.ring);
    SHOW(memcmp(&page.ring.pvt, "\0\0\0\0", 4));
    SHOW(page.bytes[63]);
    if (start == 0) {
        FRONT_RING_INIT(&f, &page.ring, sizeof(page));
        BACK_RING_INIT(&b, &page.ring, sizeof(page));
    } else {
        page.ring.req_prod = page.ring.rsp_prod = start;
        page.ring.req_event = page.ring.rsp_event = start + 1;
        FRONT_RING_ATTACH(&f, &page.ring, start, sizeof(page));
        BACK_RING_ATTACH(&b, &page.ring, start, sizeof(page));
    }
    SHOW(RING_SIZE(&f));
    for (int turn = 0; turn < 3000; turn++) {
        if (dice(2))
            front_turn(&f);
        else
            back_turn(&b);
        show_ring("ring", &page.ring, &f, &b);
    }
    for (unsigned lie = 0; lie < 600; lie += 7) {
        RING_IDX claim = f.rsp_cons - 300 + lie;
        printf("lie %u: %d %d %d\n", lie, RING_REQUEST_CONS_OVERFLOW(&b, claim) != 0,
               RING_REQUEST_PROD_OVERFLOW(&b, claim) != 0, RING_RESPONSE_PROD_OVERFLOW(&f, claim) != 0);
    }
    XEN_FRONT_RING_INIT(&f, &page.ring, 2048);
    show_ring("again", &page.ring, &f, &b);
}

static void ring_sizes(void)
{
    static char memory[1 << 16] __attribute__((aligned(8)));
    talk_sring_t *s = (talk_sring_t *)memory;

    for (size_t bytes = 100; bytes < sizeof(memory); bytes = bytes * 5 / 4)
        printf("%zu bytes: %llu slots\n", bytes, (unsigned long long)__RING_SIZE(s, bytes));
    SHOW(sizeof(int[__CONST_RING_SIZE(talk, 4096)]));
    SHOW(__CONST_RING_SIZE(blkif, 4096));
    SHOW(__CONST_RING_SIZE(blkif, 16384));
    SHOW(__CONST_RING_SIZE(netif_tx, 4096));
    SHOW(__CONST_RING_SIZE(netif_rx, 4096));
    SHOW(__CONST_RING_SIZE(xen_netif_ctrl, 4096));
    SHOW(XEN_FLEX_RING_SIZE(0));
    SHOW(XEN_FLEX_RING_SIZE(3));
}

static void byte_rings(void)
{
    unsigned char ring[64] = { 0 }, out[64], in[64];
    RING_IDX prod = 0, cons = 0, free_prod = 0xfffffff0, free_cons = 0xfffffff0, size = sizeof(ring);

    prod = cons = wide_mask(free_prod, size);
    for (int turn = 0; turn < 500; turn++) {
        RING_IDX queued = wide_queued(free_prod, free_cons, size);
        size_t n = dice((unsigned)(size - queued) + 1);

        for (size_t i = 0; i < n; i++)
            out[i] = (unsigned char)(free_prod + i);
        wide_write_packet(ring, out, n, &prod, cons, size);
        free_prod += (RING_IDX)n;
        queued = wide_queued(free_prod, free_cons, size);
        n = dice(queued + 1);
        memset(in, 0, sizeof(in));
        narrow_read_packet(in, ring, n, prod, &cons, size);
        printf("%u %u %u %zu:", prod, cons, queued, n);
        for (size_t i = 0; i < n; i++)
            printf(" %d", in[i] == (unsigned char)(free_cons + i));
        free_cons += (RING_IDX)n;
        printf(" %td\n", xencons_get_ring_ptr(ring, free_cons, size) - ring);
    }
    SHOW(sizeof(struct wide_data_intf));
    SHOW(offsetof(struct wide_data_intf, out_cons));
    SHOW(offsetof(struct wide_data_intf, ring_order));
    SHOW(offsetof(struct narrow_data, out));
}

/* Handles are structures with a pointer, except in the oldest revisions. */
struct thing { int a; };
typedef struct thing thing_t;
DEFINE_XEN_GUEST_HANDLE(thing_t);
__DEFINE_XEN_GUEST_HANDLE(other, struct thing);
___DEFINE_XEN_GUEST_HANDLE(third, struct thing);

static void handles(void)
{
    XEN_GUEST_HANDLE(thing_t) h;
    XEN_GUEST_HANDLE_PARAM(const_other) p;
    __XEN_GUEST_HANDLE(third) t;
    thing_t thing = { 7 };

#if __XEN_INTERFACE_VERSION__ >= 0x00030201
    set_xen_guest_handle(h, &thing);
    set_xen_guest_handle_raw(p, &thing);
    set_xen_guest_handle(t, NULL);
    SHOW(h.p->a + p.p->a + (t.p == NULL));
#else
    h = &thing, p = &thing, t = &thing;
    SHOW(h->a + p->a + t->a);
#endif
#ifdef __XEN_TOOLS__
    XEN_GUEST_HANDLE_64(thing_t) wide;
    SHOW(sizeof(wide));
    SHOW(sizeof(uint64_aligned_t) + sizeof(int64_aligned_t));
    SHOW((int64_aligned_t)-1 < 0);
#endif
}

static void traps(void)
{
    struct trap_info ti = { 14, 0, 0, 0 };

    TI_SET_DPL(&ti, 3);
    SHOW(ti.flags);
    TI_SET_IF(&ti, 100);
    SHOW(ti.flags);
    SHOW(TI_GET_DPL(&ti));
    SHOW(TI_GET_IF(&ti));
    TI_SET_IF(&ti, 0);
    SHOW(ti.flags);
}

static void uuids(void)
{
    xen_uuid_t u = XEN_DEFINE_UUID(0x00112233, 0x4455, 0x6677, 0x8899, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff);
    static const xen_uuid_t v = XEN_DEFINE_UUID_(0xffeeddccu, 0xbbaa, 0x9988, 0x7766, 5, 4, 3, 2, 1, 0);

    for (int i = 0; i < 16; i++)
        printf("%02x %02x ", u.a[i], v.a[i]);
    printf("%s|%s\n", XEN_EMULATE_PREFIX, XEN_CPUID);
}

static void names_of_errors(void)
{
#define XEN_ERRNO(name, value) printf("%s %d\n", #name, value);
#include <xen/errno.h>
#define XEN_ERRNO(name, value) + (value)
    int sum = 0
#include <xen/errno.h>
        ;
    SHOW(sum);
    for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++)
        printf("%d %s\n", xsd_errors[i].errnum, xsd_errors[i].errstring);
    struct xsd_errors one = XSD_ERROR(EDOM);
    printf("%d %s\n", one.errnum, one.errstring);
    const char *status[] = GNTTABOP_error_msgs;
    SHOW(sizeof(status) / sizeof(status[0]));
}

static void names_of_fields(void)
{
    struct tail { int n; char c[XEN_FLEX_ARRAY_DIM]; };
    struct older { int n; char c[COMPAT_FLEX_ARRAY_DIM]; };

    SHOW(sizeof(struct tail) + sizeof(struct older));
    SHOW(offsetof(struct shared_info, xen_wc_sec_hi));
    SHOW(sizeof(struct xen_vga_console_info) + sizeof(xen_vga_console_info_t));
    SHOW(sizeof(struct xenpf_settime));
    SHOW(sizeof(blkif_vdev_t) + sizeof(blkif_sector_t));
    SHOW((blkif_vdev_t)-1 > 0);
#if __XEN_INTERFACE_VERSION__ < 0x00030203
    SHOW(offsetof(start_info_t, console_mfn) + offsetof(start_info_t, console_evtchn));
#endif
#if __XEN_INTERFACE_VERSION__ < 0x0003020a
    SHOW(sizeof(struct grant_entry_v1) + sizeof(grant_entry_v1_t));
    SHOW(sizeof(struct grant_entry) + sizeof(grant_entry_t));
#endif
#if __XEN_INTERFACE_VERSION__ < 0x00040400
    SHOW(sizeof(struct xen_add_to_physmap_range));
#endif
#ifdef __XEN_TOOLS__
    uint64_t field = 0;
    XENMEM_SHARING_OP_FIELD_MAKE_GREF(field, 99);
    SHOW(field);
    SHOW(XENMEM_SHARING_OP_FIELD_GET_GREF(field));
#endif
}

int main(void)
{
    rings(0);
    rings(0xfffffff8);
    ring_sizes();
    byte_rings();
    handles();
    traps();
    uuids();
    names_of_errors();
    names_of_fields();
    return 0;
}
