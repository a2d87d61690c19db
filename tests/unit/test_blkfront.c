/* A disk's frontend with a backend that is played here: requests of any length and alignment arrive whole, in
 * bounded numbers; what is not answered is sent anew to the next backend, in order; what was not asked is not
 * believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pv/event.h>
#include <pv/grant.h>
#include <xen/abi-barrier.h>

#include "block/private.h"

#define REFS    2000u
#define SECTORS 8192u

static char medium[SECTORS * SECTOR];
static char memory[512 * PV_PAGE_SIZE] __attribute__((aligned(4096)));
static const char *granted[REFS];
static bool readonly[REFS];
static unsigned grants, most_grants, pages, grants_left, sent_events;

/* ---- the kit ---- */

void *pv_pages_alloc(size_t n)
{
    void *p = aligned_alloc(PV_PAGE_SIZE, n * PV_PAGE_SIZE);

    memset(p, 0, n * PV_PAGE_SIZE);
    pages += (unsigned)n;
    return p;
}

void pv_pages_free(void *p, size_t n)
{
    pages -= (unsigned)n;
    free(p);
}

int pv_grant_access(domid_t domid, const void *page, bool only)
{
    (void)domid;
    assert_int_equal((uintptr_t)page % PV_PAGE_SIZE, 0);
    if (grants >= grants_left)
        return -ENOSPC;
    for (unsigned i = 8; i < REFS; i++)
        if (!granted[i]) {
            granted[i] = page;
            readonly[i] = only;
            grants++;
            most_grants = grants > most_grants ? grants : most_grants;
            return (int)i;
        }
    return -ENOSPC;
}

int pv_grant_end(grant_ref_t ref)
{
    assert_true(ref < REFS && granted[ref]);
    granted[ref] = NULL;
    grants--;
    return 0;
}

int pv_event_alloc_unbound(domid_t remote, pv_event_fn *fn, void *arg)
{
    (void)remote;
    (void)fn;
    (void)arg;
    return 7;
}

int pv_event_send(evtchn_port_t port)
{
    assert_int_equal(port, 7);
    sent_events++;
    return 0;
}

int pv_event_close(evtchn_port_t port)
{
    assert_int_equal(port, 7);
    return 0;
}

void pv_wake(struct pv_waitq *q)
{
    q->woken = true;
}

void pv_console_emergency(const char *fmt, ...)
{
    fail_msg("%s", fmt);
}

/* ---- the backend ---- */

static struct pv_blkfront *d;
static struct blkif_back_ring back;
static uint64_t order[4096];            /* first sectors, as they were asked */
static unsigned asked, lists;

static void connect_backend(unsigned ring_order, unsigned segments)
{
    d->features = (struct features){ .segments = segments, .flush = true, .discard = true };
    assert_int_equal(pv_blk_ring_make(d, ring_order), 0);
    BACK_RING_INIT(&back, d->ring.sring, PV_PAGE_SIZE << d->ring_order);
    d->fe.connected = true;
    pv_blk_pump(d);
}

static void move(bool write, uint64_t sector, const struct blkif_request_segment *s, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        unsigned bytes = (s[i].last_sect - s[i].first_sect + 1u) * SECTOR;
        char *at;

        assert_true(s[i].gref < REFS && granted[s[i].gref] && s[i].last_sect < 8);
        assert_int_equal(readonly[s[i].gref], write);
        at = (char *)granted[s[i].gref] + s[i].first_sect * SECTOR;
        assert_true((sector + bytes / SECTOR) <= SECTORS);
        if (write)
            memcpy(medium + sector * SECTOR, at, bytes);
        else
            memcpy(at, medium + sector * SECTOR, bytes);
        sector += bytes / SECTOR;
    }
}

static void do_request(const struct blkif_request *r)
{
    struct blkif_request_indirect i;

    if (r->operation == BLKIF_OP_INDIRECT) {
        memcpy(&i, r, sizeof(i));
        lists++;
        assert_true(i.nr_segments > 11 && i.nr_segments <= d->features.segments);
        move(i.indirect_op == BLKIF_OP_WRITE, i.sector_number, (void *)granted[i.indirect_grefs[0]],
             i.nr_segments);
    } else if (r->operation <= BLKIF_OP_WRITE) {
        assert_true(r->nr_segments > 0 && r->nr_segments <= 11);
        move(r->operation == BLKIF_OP_WRITE, r->sector_number, r->seg, r->nr_segments);
    }
}

static void put_answer(uint64_t id, int16_t status)
{
    *RING_GET_RESPONSE(&back, back.rsp_prod_pvt++) = (struct blkif_response){ .id = id, .status = status };
}

/* Takes all requests that are there; does and answers them, the last first. */
static unsigned serve(bool answers)
{
    struct blkif_request taken[SLOTS];
    unsigned n = 0;

    while (back.req_cons != d->ring.sring->req_prod) {
        struct blkif_request_indirect i;

        RING_COPY_REQUEST(&back, back.req_cons++, &taken[n]);
        memcpy(&i, &taken[n], sizeof(i));
        order[asked++ % 4096] = i.operation == BLKIF_OP_INDIRECT ? i.sector_number : taken[n].sector_number;
        n++;
    }
    for (unsigned k = n; answers && k-- > 0;) {
        do_request(&taken[k]);
        put_answer(taken[k].id, BLKIF_RSP_OKAY);
    }
    RING_PUSH_RESPONSES(&back);
    return n;
}

static void serve_all(void)
{
    while (serve(true))
        assert_true(pv_blk_take_answers(d) >= 0);
}

/* ---- the callers ---- */

static unsigned done_count;
static int last_error;

static void on_done(struct pv_blk_request *r, int error)
{
    (void)r;
    done_count++;
    last_error = error;
}

static void submit(struct pv_blk_request *r, enum pv_blk_operation operation, uint64_t sector, uint64_t sectors,
                   void *buf)
{
    *r = (struct pv_blk_request){ .operation = operation, .sector = sector, .sectors = sectors, .buf = buf,
                                  .done = on_done };
    *d->waiting_end = r;        /* what pv_blkfront_submit() does when nothing is wrong */
    d->waiting_end = &r->next;
    pv_blk_pump(d);
}

static int setup(void **state)
{
    (void)state;
    memset(medium, 0, sizeof(medium));
    for (size_t i = 0; i < sizeof(memory); i++)
        memory[i] = (char)(i * 7 + i / 4096);
    grants = most_grants = pages = sent_events = asked = lists = done_count = 0;
    last_error = 0;
    grants_left = REFS;
    d = calloc(1, sizeof(*d));
    d->disk.granularity = 1;
    d->disk.sectors = SECTORS;
    pv_blk_ring_init(d);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    d->fe.connected = false;
    pv_blk_ring_free(d);
    assert_int_equal(grants, 0);
    assert_int_equal(pages, 0);
    free(d);
    return 0;
}

/* Lengths and places of all kinds arrive as they were. */
static void test_lengths_and_places(void **state)
{
    static const unsigned sectors[] = { 1, 7, 8, 9, 88, 89, 256, 257, 1000, 2048 };
    static const unsigned offsets[] = { 0, 512, 3584, 8, 511, 4095 };
    static const unsigned segments[] = { 11, 12, 32 };
    static char read_back[2048 * SECTOR + 4096] __attribute__((aligned(4096)));

    (void)state;
    for (unsigned g = 0; g < 3; g++) {
        connect_backend(g, segments[g]);
        for (unsigned i = 0; i < sizeof(sectors) / sizeof(sectors[0]); i++)
            for (unsigned k = 0; k < sizeof(offsets) / sizeof(offsets[0]); k++) {
                struct pv_blk_request w, r;

                submit(&w, PV_BLK_WRITE, 3, sectors[i], memory + offsets[k]);
                serve_all();
                assert_memory_equal(medium + 3 * SECTOR, memory + offsets[k], sectors[i] * SECTOR);
                submit(&r, PV_BLK_READ, 3, sectors[i], read_back + offsets[5 - k]);
                serve_all();
                assert_memory_equal(read_back + offsets[5 - k], memory + offsets[k], sectors[i] * SECTOR);
                assert_int_equal(w.error | r.error | (int)w.parts | (int)r.parts, 0);
            }
        assert_int_equal(done_count, 120 * (g + 1));
        assert_true(g ? lists > 0 : lists == 0);
        d->fe.connected = false;
        pv_blk_ring_drop(d);
        assert_int_equal(grants, 0);
    }
}

/* A disk whose blocks are pages: whole blocks in each request, wherever the memory is. */
static void test_large_blocks(void **state)
{
    struct pv_blk_request w;

    (void)state;
    d->disk.granularity = 8;
    connect_backend(0, 11);
    submit(&w, PV_BLK_WRITE, 8, 400, memory + 512);
    serve_all();
    assert_memory_equal(medium + 8 * SECTOR, memory + 512, 400 * SECTOR);
    for (unsigned i = 0; i < asked; i++)
        assert_int_equal(order[i] % 8, 0);
}

/* Much at once: pages and parts are bounded, nothing is lost, and no grants are no end. */
static void test_bounds(void **state)
{
    static struct pv_blk_request r[64];

    (void)state;
    grants_left = 70;
    connect_backend(2, 32);
    for (unsigned i = 0; i < 64; i++)
        submit(&r[i], PV_BLK_WRITE, i * 100, 100, memory + i * 4096);
    serve_all();
    assert_int_equal(done_count, 64);
    assert_int_equal(last_error, 0);
    grants_left = REFS;
    most_grants = 0;
    for (unsigned i = 0; i < 64; i++)
        submit(&r[i], PV_BLK_READ, 0, 1024, memory);
    assert_true(most_grants <= GRANTS + RING_PAGES);
    serve_all();
    assert_int_equal(done_count, 128);
    grants_left = 0;            /* the table is full, and nothing is under way that could make room */
    submit(&r[0], PV_BLK_WRITE, 0, 8, memory);
    assert_int_equal(done_count, 129);
    assert_int_equal(last_error, -ENOSPC);
    grants_left = REFS;
}

/* The backend goes in the middle: the next one, with a smaller ring, is asked what is unanswered. */
static void test_sent_anew(void **state)
{
    static struct pv_blk_request r[48];

    (void)state;
    connect_backend(2, 32);
    for (unsigned i = 0; i < 48; i++)
        submit(&r[i], PV_BLK_WRITE, i * 8, 8, memory + i * 4096);
    assert_int_equal(serve(false), 48);
    for (unsigned i = 0; i < 5; i++) {
        do_request(RING_GET_REQUEST(&back, i));
        put_answer(RING_GET_REQUEST(&back, i)->id, BLKIF_RSP_OKAY);
    }
    RING_PUSH_RESPONSES(&back);
    assert_true(pv_blk_take_answers(d) >= 0);
    assert_int_equal(done_count, 5);
    d->fe.connected = false;
    pv_blk_ring_drop(d);
    assert_int_equal(grants, 0);
    asked = 0;
    connect_backend(0, 11);
    serve_all();
    assert_int_equal(done_count, 48);
    assert_int_equal(asked, 43);
    for (unsigned i = 0; i < 43; i++)
        assert_int_equal(order[i], (5 + i) * 8);
    for (unsigned i = 0; i < 48; i++)
        assert_memory_equal(medium + i * 8 * SECTOR, memory + i * 4096, 4096);
}

/* What was made for a backend with lists is more than one without them takes. */
static void test_less_than_before(void **state)
{
    struct pv_blk_request r;

    (void)state;
    connect_backend(0, 32);
    submit(&r, PV_BLK_WRITE, 0, 256, memory);
    d->fe.connected = false;
    pv_blk_ring_drop(d);
    connect_backend(0, 11);
    serve_all();
    assert_int_equal(done_count, 1);
    assert_int_equal(last_error, -EIO);
}

static void test_statuses(void **state)
{
    static const struct { int16_t status; int error; } cases[] = {
        { BLKIF_RSP_OKAY, 0 }, { BLKIF_RSP_ERROR, -EIO }, { BLKIF_RSP_EOPNOTSUPP, -ENOTSUP }, { 5, -EIO },
        { -77, -EIO },
    };
    struct pv_blk_request r;

    (void)state;
    connect_backend(0, 11);
    for (unsigned i = 0; i < 5; i++) {
        submit(&r, PV_BLK_FLUSH, 0, 0, NULL);
        assert_int_equal(RING_GET_REQUEST(&back, back.req_cons)->operation, BLKIF_OP_FLUSH_DISKCACHE);
        put_answer(RING_GET_REQUEST(&back, back.req_cons++)->id, cases[i].status);
        RING_PUSH_RESPONSES(&back);
        assert_int_equal(pv_blk_take_answers(d), 0);
        assert_int_equal(done_count, i + 1);
        assert_int_equal(last_error, cases[i].error);
    }
    d->features.flush = false;
    d->features.barrier = true;
    submit(&r, PV_BLK_FLUSH, 0, 0, NULL);
    assert_int_equal(RING_GET_REQUEST(&back, back.req_cons)->operation, BLKIF_OP_WRITE_BARRIER);
    serve_all();
}

/* Numbers that were not asked, answers twice, more answers than questions. */
static void test_not_asked(void **state)
{
    static const uint64_t ids[] = { SLOTS, UINT64_MAX, 1ul << 32, 5 };
    struct pv_blk_request r;

    for (unsigned i = 0; i < 6; i++) {
        connect_backend(0, 11);
        submit(&r, PV_BLK_READ, 0, 8, memory);
        if (i < 4) {
            put_answer(ids[i], BLKIF_RSP_OKAY);
        } else {
            serve(true);
            put_answer(0, BLKIF_RSP_OKAY);
        }
        RING_PUSH_RESPONSES(&back);
        if (i == 5)
            d->ring.sring->rsp_prod = 0x80000000u;
        assert_int_equal(pv_blk_take_answers(d), -EPROTO);
        pv_blk_fail_all(d, -ENODEV);
        assert_int_equal(done_count, 1);
        teardown(NULL);
        setup(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lengths_and_places, setup, teardown),
        cmocka_unit_test_setup_teardown(test_large_blocks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sent_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(test_less_than_before, setup, teardown),
        cmocka_unit_test_setup_teardown(test_statuses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_asked, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
