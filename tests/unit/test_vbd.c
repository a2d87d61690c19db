/* A virtual block device with a front end and a disk that are played here: what is asked is answered once, with the right data; grants that
 * fail, disks that fail and rings that lie cost the front end an error or its device, and never a page or a slot. The device's thread runs
 * whenever it does not wait: pv_wait() below is where the front end has its turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv/event.h>
#include <pv/grant.h>
#include <pv/memory.h>
#include <pv/thread.h>
#include <pv/time.h>
#include <xen/abi-barrier.h>
#include <xen/io/blkif.h>

#include "backends/block/vbd.h"

#define PAGE    4096
#define FRAMES  256         /* granted pages of the front end: reference n is frame n */
#define SECTORS 1024

static char guest[FRAMES][PAGE] __attribute__((aligned(PAGE)));
static char medium[SECTORS * BLOCK_SECTOR];
static bool revoked[FRAMES];
static struct blkif_sring *sring;
static struct blkif_front_ring front;
static unsigned mapped, regions, notified, bad_copies;

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
        char *from = page_of(c->flags & GNTCOPY_source_gref, c->source.u.ref, c->source.u.gmfn, c->source.offset);
        char *to = page_of(c->flags & GNTCOPY_dest_gref, c->dest.u.ref, c->dest.u.gmfn, c->dest.offset);

        assert_true(c->source.offset + c->len <= PAGE && c->dest.offset + c->len <= PAGE);
        c->status = from && to ? GNTST_okay : GNTST_bad_gntref;
        bad_copies += c->status != GNTST_okay;
        if (c->status == GNTST_okay)
            memcpy(to, from, c->len);
    }
    return 0;
}

static pv_event_fn *handler;
static void *handler_arg;

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

static unsigned masked;

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

uint64_t pv_now_ns(void)
{
    return 1000;
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

static void (*turns[16])(void);
static unsigned turn;
static jmp_buf out;
static bool time_passes;

/* The device's thread sleeps: it is the next turn's, or, without one, the test's. */
bool pv_wait(struct pv_waitq *q, uint64_t deadline_ns)
{
    if (q->woken) {
        q->woken = false;
        return true;
    }
    if (time_passes && deadline_ns != UINT64_MAX)
        return false;
    if (!turns[turn])
        longjmp(out, 1);
    turns[turn++]();
    return true;
}

/* ---- the disk ---- */

static struct block_device disk = { .name = "vda", .sectors = SECTORS, .granularity = 1, .can_flush = true, .can_discard = true };
static struct block_request *held[64];
static unsigned held_count, fail_from;
static bool hold;

static int do_io(struct block_request *b)
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

static struct vbd *vbd;

static int setup(void **state)
{
    struct vbd_ring ring = { .pages = 1, .refs = { 1 }, .port = 9 };

    (void)state;
    memset(guest, 0, sizeof(guest));
    memset(medium, 0, sizeof(medium));
    memset(revoked, 0, sizeof(revoked));
    memset(turns, 0, sizeof(turns));
    turn = held_count = fail_from = notified = bad_copies = 0;
    hold = false;
    sring = (struct blkif_sring *)guest[1];
    SHARED_RING_INIT(sring);
    FRONT_RING_INIT(&front, sring, PAGE);
    memset(sring->ring, 0xee, PAGE - offsetof(struct blkif_sring, ring));
    return vbd_open(&vbd, "vbd 51712 of d5", 5, &ring, &disk, false, true);
}

/* Lets the device work until it has nothing to do. */
static void work(void)
{
    if (setjmp(out) == 0)
        thread(thread_arg);
}

static int teardown(void **state)
{
    (void)state;
    hold = false;
    while (held_count) {
        struct block_request *b = held[--held_count];

        b->done(b, 0);
    }
    turns[turn] = NULL;
    /* The thread's end is waited for by vbd_close(): it runs inside of that wait. */
    turns[turn] = work;
    turns[turn + 1] = NULL;
    vbd_close(vbd);
    assert_int_equal(mapped, 0);
    assert_int_equal(regions, 0);
    return 0;
}

static struct blkif_request *next_request(void)
{
    return RING_GET_REQUEST(&front, front.req_prod_pvt++);
}

static void push(uint8_t operation, uint64_t id, uint64_t sector, unsigned first_ref, unsigned n)
{
    struct blkif_request r = { .operation = operation, .nr_segments = (uint8_t)n, .id = id, .sector_number = sector };

    for (unsigned i = 0; i < n; i++)
        r.seg[i] = (struct blkif_request_segment){ first_ref + i, 0, 7 };
    *next_request() = r;
}

static void kick(void)
{
    int notify;

    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&front, notify);
    if (notify)
        handler(33, handler_arg);
    work();
}

/* The next answer's status; its padding must be clear. */
static int answer(uint64_t *id)
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

static void assert_answer(uint64_t id, int status)
{
    uint64_t got;

    assert_int_equal(answer(&got), status);
    assert_int_equal(got, id);
}

static void test_data(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        memset(guest[10 + i], 'a' + (int)i, PAGE);
    push(BLKIF_OP_WRITE, 1, 16, 10, 4);
    push(BLKIF_OP_READ, 2, 24, 20, 2);
    push(BLKIF_OP_FLUSH_DISKCACHE, 3, 0, 0, 0);
    kick();
    assert_answer(1, BLKIF_RSP_OKAY);
    assert_answer(2, BLKIF_RSP_OKAY);
    assert_answer(3, BLKIF_RSP_OKAY);
    assert_int_equal(medium[16 * 512], 'a');
    assert_int_equal(medium[47 * 512 + 511], 'd');
    assert_memory_equal(guest[20], guest[11], PAGE);
    assert_memory_equal(guest[21], guest[12], PAGE);
    assert_true(notified > 0);
}

/* A part of a page, and an indirect request. */
static void test_shapes(void **state)
{
    struct blkif_request_indirect *r;
    struct blkif_request_segment *list = (struct blkif_request_segment *)guest[2];

    (void)state;
    memset(guest[10], 'x', PAGE);
    push(BLKIF_OP_WRITE, 1, 100, 10, 1);
    RING_GET_REQUEST(&front, front.req_prod_pvt - 1)->seg[0] = (struct blkif_request_segment){ 10, 3, 4 };
    r = (struct blkif_request_indirect *)next_request();
    *r = (struct blkif_request_indirect){
        .operation = BLKIF_OP_INDIRECT, .indirect_op = BLKIF_OP_READ, .nr_segments = 20, .id = 2, .sector_number = 96,
        .indirect_grefs = { 2 },
    };
    for (unsigned i = 0; i < 20; i++)
        list[i] = (struct blkif_request_segment){ 40 + i, 0, 7 };
    kick();
    assert_answer(1, BLKIF_RSP_OKAY);
    assert_answer(2, BLKIF_RSP_OKAY);
    assert_int_equal(medium[100 * 512], 'x');
    assert_int_equal(medium[102 * 512], 0);
    assert_int_equal(guest[40][4 * 512], 'x');
    assert_int_equal(guest[40][6 * 512], 0);
}

/* XSA-361, XSA-362, XSA-365, XSA-371: each grant of a request in turn is not there; the others are served. */
static void test_failing_grants(void **state)
{
    (void)state;
    for (unsigned bad = 0; bad < BLKIF_MAX_SEGMENTS_PER_REQUEST; bad++) {
        revoked[10 + bad] = true;
        push(BLKIF_OP_WRITE, 1, 0, 10, BLKIF_MAX_SEGMENTS_PER_REQUEST);
        push(BLKIF_OP_READ, 2, 0, 10, BLKIF_MAX_SEGMENTS_PER_REQUEST);
        push(BLKIF_OP_READ, 3, 0, 30, 1);
        kick();
        for (unsigned n = 0; n < 3; n++) {
            uint64_t id;
            int status = answer(&id);

            assert_int_equal(status, id == 3 ? BLKIF_RSP_OKAY : BLKIF_RSP_ERROR);
        }
        revoked[10 + bad] = false;
    }
    revoked[2] = true;          /* the list of an indirect request */
    *(struct blkif_request_indirect *)next_request() = (struct blkif_request_indirect){
        .operation = BLKIF_OP_INDIRECT, .indirect_op = BLKIF_OP_WRITE, .nr_segments = 3, .id = 4, .indirect_grefs = { 2 },
    };
    push(BLKIF_OP_READ, 5, 0, 100000, 1);
    kick();
    assert_answer(4, BLKIF_RSP_ERROR);
    assert_answer(5, BLKIF_RSP_ERROR);
    assert_true(bad_copies >= 2 * BLKIF_MAX_SEGMENTS_PER_REQUEST + 2);
}

static void test_failing_disk(void **state)
{
    (void)state;
    fail_from = 500;
    push(BLKIF_OP_READ, 1, 400, 10, 1);
    push(BLKIF_OP_READ, 2, 600, 11, 1);
    memset(guest[11], 'o', PAGE);
    kick();
    assert_answer(1, BLKIF_RSP_OKAY);
    assert_answer(2, BLKIF_RSP_ERROR);
    assert_int_equal(guest[11][0], 'o');        /* nothing of ours was delivered */
}

/* XSA-39's kind: counters that jump. The device stops, says so once, and answers nothing more. */
static void test_lying_ring(void **state)
{
    static const RING_IDX lies[] = { 33, 1000, 0x80000000u, 0xffffffffu };

    for (unsigned i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        sring->req_prod = lies[i];
        handler(33, handler_arg);
        work();
        assert_true(vbd_stopped(vbd));
        assert_int_equal(sring->rsp_prod, 0);
        sring->req_prod = 1;
        handler(33, handler_arg);
        work();
        assert_int_equal(sring->rsp_prod, 0);
        teardown(NULL);
        setup(state);
    }
}

/* More than the device takes at once: the rest waits for pages and slots, none is lost or answered twice. */
static void test_flood(void **state)
{
    bool seen[32] = { false };
    uint64_t id;

    (void)state;
    hold = true;
    for (unsigned i = 0; i < 32; i++)
        push(BLKIF_OP_WRITE, i, i * 8, 10, 11);
    kick();
    assert_true(held_count > 0 && held_count < 32);
    while (front.rsp_cons != 32) {
        while (held_count) {
            struct block_request *b = held[--held_count];

            b->done(b, do_io(b));
        }
        work();
        while (front.rsp_cons != sring->rsp_prod) {
            assert_int_equal(answer(&id), BLKIF_RSP_OKAY);
            assert_false(seen[id]);
            seen[id] = true;
        }
    }
}

/* However the disk orders them, answers come as the requests were: then the ring tells what is unanswered. */
static void test_answers_are_in_order(void **state)
{
    (void)state;
    hold = true;
    for (unsigned i = 0; i < 8; i++)
        push(BLKIF_OP_WRITE, i, i * 8, 10, 1);
    push(BLKIF_OP_RESERVED_1, 8, 0, 0, 0);      /* finished at once, and answered last */
    kick();
    assert_int_equal(held_count, 8);
    for (unsigned i = 7; i > 0; i--) {
        held[i]->done(held[i], 0);
        work();
        assert_int_equal(sring->rsp_prod, 0);
    }
    held[0]->done(held[0], -EIO);
    held_count = 0;
    work();
    assert_answer(0, BLKIF_RSP_ERROR);
    for (unsigned i = 1; i < 8; i++)
        assert_answer(i, BLKIF_RSP_OKAY);
    assert_answer(8, BLKIF_RSP_EOPNOTSUPP);
}

/* Ends the device without answers, as a backend that dies; another one begins with the ring alone. */
static void change_backends(void)
{
    struct vbd_ring ring = { .pages = 1, .refs = { 1 }, .port = 9 };

    vbd_shut(vbd, false, NULL);
    while (held_count) {
        struct block_request *b = held[--held_count];

        b->done(b, do_io(b));
    }
    work();
    assert_true(vbd_ended(vbd));
    vbd_free(vbd);
    assert_int_equal(mapped, 0);
    assert_int_equal(vbd_open(&vbd, "vbd 51712 of d5", 5, &ring, &disk, false, true), 0);
}

/* A ring of two pages has more requests than the device takes at once. When the last of these is done, all are answered
 * together; the others are taken without another notification. */
static void test_a_long_ring_goes_on(void **state)
{
    struct vbd_ring ring = { .pages = 2, .refs = { 1, 2 }, .port = 9 };

    teardown(state);
    turn = 0;
    memset(turns, 0, sizeof(turns));
    SHARED_RING_INIT(sring);
    FRONT_RING_INIT(&front, sring, 2 * PAGE);
    assert_int_equal(vbd_open(&vbd, "vbd 51712 of d5", 5, &ring, &disk, false, true), 0);
    hold = true;
    for (unsigned i = 0; i < 40; i++)
        push(BLKIF_OP_READ, i, i * 8, 10, 1);
    kick();
    assert_int_equal(held_count, 32);
    for (unsigned i = 32; i-- > 0;)
        held[i]->done(held[i], do_io(held[i]));
    held_count = 0;
    work();
    assert_int_equal(sring->rsp_prod, 32);
    assert_int_equal(held_count, 8);
}

static void test_another_takes_over(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 40; round++) {     /* around the ring, more than once */
        memset(guest[10], 'a' + (int)round % 26, PAGE);
        push(BLKIF_OP_WRITE, 100 + round, 8, 10, 1);
        kick();
        assert_answer(100 + round, BLKIF_RSP_OKAY);
        hold = true;
        for (unsigned i = 0; i < 7; i++)
            push(i % 2 ? BLKIF_OP_READ : BLKIF_OP_WRITE, i, i * 8, 20 + i, 1);
        kick();
        for (unsigned i = 3; i < 7; i++)        /* the first two answered, the others done and not answered */
            held[i]->done(held[i], 0);
        held[0]->done(held[0], do_io(held[0]));
        held[1]->done(held[1], do_io(held[1]));
        held[0] = held[2];
        held_count = 1;
        work();
        assert_answer(0, BLKIF_RSP_OKAY);
        assert_answer(1, BLKIF_RSP_OKAY);
        assert_true(front.rsp_cons == sring->rsp_prod);
        hold = false;
        memset(medium, 0, sizeof(medium));      /* what the new one does not do anew is missed */
        memset(guest[22], 'w', PAGE);
        change_backends();
        work();
        for (unsigned i = 2; i < 7; i++)
            assert_answer(i, BLKIF_RSP_OKAY);
        assert_true(front.rsp_cons == sring->rsp_prod);
        assert_int_equal(medium[2 * 8 * 512], 'w');
    }
}

/* An index that another backend cannot have left: the device stops as for any other lie. */
static void test_nothing_to_take_over(void **state)
{
    (void)state;
    sring->req_prod = 3;
    sring->rsp_prod = 100;
    change_backends();
    work();
    assert_true(vbd_stopped(vbd));
    assert_int_equal(sring->rsp_prod, 100);
}

/* Notifications without requests are heard once in a while; requests are served all the same. */
static void test_notified_for_nothing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1000 && !masked; i++) {
        handler(33, handler_arg);
        work();
    }
    assert_int_equal(masked, 1);
    push(BLKIF_OP_WRITE, 1, 0, 10, 1);
    RING_PUSH_REQUESTS(&front);
    time_passes = true;
    work();
    time_passes = false;
    assert_int_equal(masked, 0);
    handler(33, handler_arg);
    work();
    assert_answer(1, BLKIF_RSP_OKAY);
}

static void test_refused_rings(void **state)
{
    struct vbd_ring ring = { .pages = 1, .refs = { 7 }, .port = 9 };
    struct vbd *other;

    (void)state;
    assert_int_equal(vbd_open(&other, "x", 5, &ring, &disk, false, true), -EINVAL);
    ring = (struct vbd_ring){ .pages = 1, .refs = { 1 }, .port = 8 };
    assert_int_equal(vbd_open(&other, "x", 5, &ring, &disk, false, true), -EINVAL);
    assert_int_equal(mapped, 0);
    assert_int_equal(regions, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_data, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shapes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failing_grants, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failing_disk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lying_ring, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flood, setup, teardown),
        cmocka_unit_test_setup_teardown(test_answers_are_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_long_ring_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_takes_over, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_to_take_over, setup, teardown),
        cmocka_unit_test_setup_teardown(test_notified_for_nothing, setup, teardown),
        cmocka_unit_test(test_refused_rings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
