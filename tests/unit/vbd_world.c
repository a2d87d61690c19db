/* vbd_world.c: see vbd_world.h. */
#include "vbd_world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pv/grant.h>
#include <pv/memory.h>
#include <pv/thread.h>
#include <pv/time.h>
#include <xen/abi-barrier.h>

char guest[FRAMES][PAGE] __attribute__((aligned(PAGE)));
char medium[SECTORS * BLOCK_SECTOR];
bool revoked[FRAMES];
struct blkif_sring *sring;
struct blkif_front_ring front;
unsigned mapped, regions, notified, bad_copies, masked;
bool front_has_left;

/* ---- the kit ---- */

static char *region;
static size_t region_bytes;

void *pv_region_alloc(size_t bytes)
{
    regions++;
    region_bytes = bytes;
    return region = aligned_alloc(PAGE, bytes);
}

void pv_region_free(void *p, size_t bytes)
{
    assert_int_equal(bytes, region_bytes);
    regions--;
    free(p);
}

/* Machine addresses of the control domain are its addresses here. */
xen_pfn_t pv_virt_to_mfn(const void *p)
{
    return (uintptr_t)p >> PV_PAGE_SHIFT;
}

void *pv_grant_map(domid_t domid, const grant_ref_t *refs, size_t n, bool writable, int *err)
{
    assert_int_equal(domid, 5);
    assert_true(writable);
    for (size_t i = 0; i < n; i++) {
        if (refs[i] != 1 + i) {
            *err = -EINVAL;
            return NULL;
        }
    }
    mapped += (unsigned)n;
    return guest[1];
}

int pv_grant_unmap(void *p, size_t n)
{
    assert_ptr_equal(p, guest[1]);
    mapped -= (unsigned)n;
    return 0;
}

/* The granted page behind one side of a copy, or NULL. */
static char *page_of(bool by_reference, grant_ref_t ref, xen_pfn_t mfn, uint16_t offset)
{
    if (!by_reference)
        return (char *)(mfn << PV_PAGE_SHIFT) + offset;
    return ref < FRAMES && !revoked[ref] ? guest[ref] + offset : NULL;
}

int pv_grant_copy(struct gnttab_copy *ops, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct gnttab_copy *c = &ops[i];
        char *from = page_of(c->flags & GNTCOPY_source_gref, c->source.u.ref, c->source.u.gmfn,
                             c->source.offset);
        char *to = page_of(c->flags & GNTCOPY_dest_gref, c->dest.u.ref, c->dest.u.gmfn, c->dest.offset);

        assert_true(c->source.offset + c->len <= PAGE && c->dest.offset + c->len <= PAGE);
        c->status = from && to ? GNTST_okay : GNTST_bad_gntref;
        bad_copies += c->status != GNTST_okay;
        if (c->status == GNTST_okay)
            memcpy(to, from, c->len);
    }
    return 0;
}

pv_event_fn *handler;
void *handler_arg;

int pv_event_bind_interdomain(domid_t remote, evtchn_port_t remote_port, pv_event_fn *fn, void *arg)
{
    assert_int_equal(remote, 5);
    handler = fn;
    handler_arg = arg;
    return remote_port == 9 ? 33 : -EINVAL;
}

int pv_event_send(evtchn_port_t port)
{
    assert_int_equal(port, 33);
    notified++;
    return 0;
}

int pv_event_close(evtchn_port_t port)
{
    assert_int_equal(port, 33);
    return 0;
}

void pv_event_mask(evtchn_port_t port)
{
    assert_int_equal(port, 33);
    masked++;
}

void pv_event_unmask(evtchn_port_t port)
{
    assert_int_equal(port, 33);
    masked--;
}

bool pv_event_has_peer(evtchn_port_t port)
{
    assert_int_equal(port, 33);
    return !front_has_left;
}

uint64_t pv_now_ns(void)
{
    return now;
}

bool pv_upcalls_disable(void)
{
    return true;
}

void pv_upcalls_restore(bool were_on)
{
    (void)were_on;
}

void pv_yield(void)
{
}

void pv_wake(struct pv_waitq *q)
{
    q->woken = true;
}

static void (*thread)(void *);
static void *thread_arg;

struct pv_thread *pv_thread_create(const char *name, size_t stack_bytes, void (*fn)(void *), void *arg)
{
    (void)name;
    (void)stack_bytes;
    thread = fn;
    thread_arg = arg;
    return (struct pv_thread *)1;
}

static jmp_buf out;
uint64_t now;
bool time_passes;

/* The device's thread sleeps: time passes, or it is the test's turn. */
bool pv_wait(struct pv_waitq *q, uint64_t deadline_ns)
{
    if (q->woken) {
        q->woken = false;
        return true;
    }
    if (!time_passes || deadline_ns == UINT64_MAX)
        longjmp(out, 1);
    now = deadline_ns > now ? deadline_ns : now;
    return false;
}

/* ---- the disk ---- */

struct block_device disk = { .name = "vda", .sectors = SECTORS, .granularity = 1, .can_flush = true,
                             .can_discard = true };
struct block_request *held[64];
unsigned held_count, fail_from;
bool hold;

int do_io(struct block_request *b)
{
    char *at = medium + b->sector * BLOCK_SECTOR;

    if (b->operation > BLOCK_WRITE)
        return 0;
    for (unsigned i = 0; i < b->segment_count; i++) {
        char *memory = (char *)b->segments[i].machine;

        assert_true(memory >= region && memory + b->segments[i].bytes <= region + region_bytes);
        if (b->operation == BLOCK_READ)
            memcpy(memory, at, b->segments[i].bytes);
        else
            memcpy(at, memory, b->segments[i].bytes);
        at += b->segments[i].bytes;
    }
    return 0;
}

int block_submit(struct block_device *d, struct block_request *b)
{
    assert_ptr_equal(d, &disk);
    assert_true(b->operation == BLOCK_FLUSH || b->sector + b->sectors <= SECTORS);
    if (hold)
        held[held_count++] = b;
    else
        b->done(b, fail_from && b->sector >= fail_from ? -EIO : do_io(b));
    return 0;
}

/* ---- the front end ---- */

struct vbd *vbd;

/* A front end with a ring of so many pages, and the device for it. */
void connect_with(unsigned pages)
{
    struct vbd_ring ring = { .pages = pages, .refs = { 1, 2 }, .port = 9 };

    sring = (struct blkif_sring *)guest[1];
    SHARED_RING_INIT(sring);
    FRONT_RING_INIT(&front, sring, pages * PAGE);
    memset(sring->ring, 0xee, PAGE - offsetof(struct blkif_sring, ring));
    assert_int_equal(vbd_open(&vbd, "vbd 51712 of d5", 5, &ring, &disk, false, true), 0);
}

int setup(void **state)
{
    (void)state;
    memset(guest, 0, sizeof(guest));
    memset(medium, 0, sizeof(medium));
    memset(revoked, 0, sizeof(revoked));
    held_count = fail_from = notified = bad_copies = 0;
    now = PV_NS_PER_SEC;
    hold = time_passes = front_has_left = false;
    connect_with(1);
    return 0;
}

void work(void)
{
    if (!vbd_ended(vbd) && setjmp(out) == 0)
        thread(thread_arg);
}

void complete_all(void)
{
    while (held_count) {
        struct block_request *b = held[--held_count];

        b->done(b, do_io(b));
    }
}

/* Nothing is left of a device, however it ends. */
void drop(enum vbd_end end)
{
    hold = false;
    complete_all();
    time_passes = true;
    vbd_shut(vbd, end, NULL);
    work();
    time_passes = false;
    assert_true(vbd_ended(vbd));
    vbd_free(vbd);
    assert_int_equal(mapped, 0);
    assert_int_equal(regions, 0);
}

int teardown(void **state)
{
    (void)state;
    drop(VBD_CLOSE);
    return 0;
}

struct blkif_request *next_request(void)
{
    return RING_GET_REQUEST(&front, front.req_prod_pvt++);
}

void push(uint8_t operation, uint64_t id, uint64_t sector, unsigned first_ref, unsigned n)
{
    struct blkif_request r = { .operation = operation, .nr_segments = (uint8_t)n, .id = id,
                               .sector_number = sector };

    for (unsigned i = 0; i < n; i++)
        r.seg[i] = (struct blkif_request_segment){ first_ref + i, 0, 7 };
    *next_request() = r;
}

void kick(void)
{
    int notify;

    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&front, notify);
    if (notify)
        handler(33, handler_arg);
    work();
}

int answer(uint64_t *id)
{
    struct blkif_response *r;
    const uint8_t *bytes;

    assert_true(front.rsp_cons != sring->rsp_prod);
    r = RING_GET_RESPONSE(&front, front.rsp_cons);
    bytes = (const uint8_t *)r;
    for (size_t i = 0; i < sizeof(*r); i++)
        if (i == 9 || i >= 12)
            assert_int_equal(bytes[i], 0);
    front.rsp_cons++;
    *id = r->id;
    return r->status;
}

void assert_answer(uint64_t id, int status)
{
    uint64_t got;

    assert_int_equal(answer(&got), status);
    assert_int_equal(got, id);
}
