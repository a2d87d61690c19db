/* requests.c: requests that must be refused, each alone, and the device goes on. */
#include "badblock.h"

#include <stdio.h>
#include <string.h>

#include <pv/grant.h>
#include <pv/memory.h>
#include <pv/thread.h>
#include <pv/time.h>

static unsigned refused, wrong;

static void expect(struct front *f, const struct blkif_request *r, int status, const char *what)
{
    int got = front_ask(f, r);

    if (got == status) {
        refused++;
        return;
    }
    wrong++;
    printf("badblock: %s: answered %d, not %d\n", what, got, status);
}

static void bad_sectors(struct front *f)
{
    const uint64_t sectors[] = { f->sectors, f->sectors - 1, f->sectors - 7, UINT64_MAX, UINT64_MAX - 7,
                                 1ul << 63, 1ul << 55, (1ul << 55) - 8, 0xffffffff00000000u };

    for (unsigned i = 0; i < sizeof(sectors) / sizeof(sectors[0]); i++)
        for (uint8_t operation = BLKIF_OP_READ; operation <= BLKIF_OP_WRITE; operation++) {
            struct blkif_request r = front_request(f, operation, sectors[i], 2);

            expect(f, &r, BLKIF_RSP_ERROR, "a sector beyond the disk");
        }
}

static void bad_segments(struct front *f)
{
    static const uint8_t counts[] = { 0, 12, 13, 128, 255 };
    static const uint8_t ends[][2] = {
        { 1, 0 }, { 7, 6 }, { 0, 8 }, { 8, 8 }, { 255, 255 }, { 0, 255 }, { 255, 0 },
    };
    struct blkif_request r = front_request(f, BLKIF_OP_WRITE, 0, 2);

    for (unsigned i = 0; i < sizeof(counts); i++) {
        r.nr_segments = counts[i];
        expect(f, &r, BLKIF_RSP_ERROR, "a count of segments");
    }
    for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        r = front_request(f, i & 1 ? BLKIF_OP_READ : BLKIF_OP_WRITE, 0, 2);
        r.seg[1].first_sect = ends[i][0];
        r.seg[1].last_sect = ends[i][1];
        expect(f, &r, BLKIF_RSP_ERROR, "a segment's ends");
    }
}

static void bad_grants(struct front *f)
{
    static const grant_ref_t refs[] = { 2, 7, 500, 511, 512, 5000, 1u << 20, 0x7fffffff, 0xffffffff };
    int readonly = pv_grant_access(f->backend, f->pages, true);
    struct blkif_request r;

    for (unsigned i = 0; i < sizeof(refs) / sizeof(refs[0]); i++)
        for (unsigned at = 0; at < 11; at += 5) {
            r = front_request(f, i & 1 ? BLKIF_OP_READ : BLKIF_OP_WRITE, 0, 11);
            r.seg[at].gref = refs[i];
            expect(f, &r, BLKIF_RSP_ERROR, "a reference that is none");
        }
    r = front_request(f, BLKIF_OP_READ, 0, 1);
    r.seg[0].gref = (grant_ref_t)readonly;
    expect(f, &r, BLKIF_RSP_ERROR, "a page that may only be read");
    pv_grant_end((grant_ref_t)readonly);
}

static void bad_operations(struct front *f)
{
    for (unsigned operation = 0; operation < 256; operation++) {
        struct blkif_request r = front_request(f, (uint8_t)operation, 0, 1);

        if (operation <= BLKIF_OP_WRITE || operation == BLKIF_OP_DISCARD || operation == BLKIF_OP_INDIRECT)
            continue;
        expect(f, &r, BLKIF_RSP_EOPNOTSUPP, "an operation");
    }
}

static struct blkif_request indirect(const struct front *f, uint8_t operation, uint16_t n, grant_ref_t list)
{
    struct blkif_request_indirect i = {
        .operation = BLKIF_OP_INDIRECT, .indirect_op = operation, .nr_segments = n,
        .indirect_grefs = { list },
    };
    struct blkif_request r;
    struct blkif_request_segment *s = (struct blkif_request_segment *)f->pages;

    for (unsigned k = 0; k < 32; k++)
        s[k] = (struct blkif_request_segment){ .gref = f->refs[1 + k], .last_sect = 7 };
    memset(&r, 0, sizeof(r));
    memcpy(&r, &i, sizeof(i));
    return r;
}

static void bad_lists(struct front *f)
{
    static const uint16_t counts[] = { 0, 33, 256, 512, 513, 32768, 65535 };
    struct blkif_request_segment *s = (struct blkif_request_segment *)f->pages;
    struct blkif_request r;

    for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        r = indirect(f, BLKIF_OP_READ, counts[i], f->refs[0]);
        expect(f, &r, BLKIF_RSP_ERROR, "a count of segments in a list");
    }
    r = indirect(f, BLKIF_OP_READ, 32, 600);
    expect(f, &r, BLKIF_RSP_ERROR, "a list that is not granted");
    r = indirect(f, BLKIF_OP_INDIRECT, 3, f->refs[0]);
    expect(f, &r, BLKIF_RSP_EOPNOTSUPP, "a list of lists");
    r = indirect(f, BLKIF_OP_FLUSH_DISKCACHE, 3, f->refs[0]);
    expect(f, &r, BLKIF_RSP_EOPNOTSUPP, "a flush with a list");
    for (unsigned at = 0; at < 32; at += 31) {
        r = indirect(f, BLKIF_OP_READ, 32, f->refs[0]);
        s[at].last_sect = 8;
        expect(f, &r, BLKIF_RSP_ERROR, "a segment's end in a list");
        r = indirect(f, BLKIF_OP_WRITE, 32, f->refs[0]);
        s[at].gref = 0x10000;
        expect(f, &r, BLKIF_RSP_ERROR, "a reference in a list");
    }
}

static void bad_discards(struct front *f)
{
    const struct { uint64_t sector, sectors; } cases[] = {
        { 0, 0 }, { 0, f->sectors + 1 }, { f->sectors, 1 }, { 8, UINT64_MAX }, { UINT64_MAX, 2 },
        { UINT64_MAX - 1, 2 },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct blkif_request_discard d = { .operation = BLKIF_OP_DISCARD, .sector_number = cases[i].sector,
                                           .nr_sectors = cases[i].sectors };
        struct blkif_request r = { 0 };

        memcpy(&r, &d, sizeof(d));
        expect(f, &r, BLKIF_RSP_ERROR, "a discard beyond the disk");
    }
}

static void requests(struct front *f, const char *arg)
{
    (void)arg;
    front_connect(f);
    bad_sectors(f);
    bad_segments(f);
    bad_grants(f);
    bad_operations(f);
    bad_lists(f);
    bad_discards(f);
    printf("badblock: %u refused, %u not, and the disk %s\n", refused, wrong,
           front_works(f) ? "works" : "is dead");
}

/* ---- things that change while the backend looks ---- */

static void fill_randomly(struct front *f, struct blkif_request *r)
{
    uint64_t x = front_random();

    *r = front_request(f, x & 1 ? BLKIF_OP_READ : BLKIF_OP_WRITE, x >> 8 & 0xff, 1 + (x >> 16) % 11);
    if (x >> 60 == 0)           /* some are noise altogether */
        for (unsigned i = 0; i < sizeof(*r) / 8; i++)
            ((uint64_t *)r)[i] = front_random();
    else if (x >> 60 < 4)
        *r = indirect(f, x & 1 ? BLKIF_OP_READ : BLKIF_OP_WRITE, 1 + (x >> 16) % 32, f->refs[0]);
}

/* Whatever is in the ring, the list and the grants is something else in the next moment. */
static void change_something(struct front *f)
{
    uint64_t x = front_random();
    char *ring = (char *)f->ring.sring->ring;
    unsigned i = 1 + (x >> 32) % (PAGES - 1);

    switch (x & 7) {
    case 0:
        if (pv_grant_end(f->refs[i]) == 0)
            f->refs[i] = (grant_ref_t)pv_grant_access(f->backend, f->pages + i * PV_PAGE_SIZE, x & 8);
        break;
    case 1:
        ((uint64_t *)f->pages)[(x >> 8) % 32] = front_random();
        break;
    default:
        ring[(x >> 8) % (32 * sizeof(union blkif_sring_entry))] ^= (char)(x >> 40);
        break;
    }
}

static void changes(struct front *f, const char *arg)
{
    uint64_t end, sent = 0;

    front_connect(f);
    end = stop_time(arg);
    while (pv_now_ns() < end) {
        while (!RING_FULL(&f->ring)) {
            struct blkif_request r;

            fill_randomly(f, &r);
            *front_next(f) = r;
            sent++;
        }
        front_push(f);
        for (unsigned i = 0; i < 200; i++)
            change_something(f);
        f->ring.rsp_cons = *(volatile RING_IDX *)&f->ring.sring->rsp_prod;
        f->ring.sring->rsp_event = f->ring.rsp_cons + 1;
        if (RING_FULL(&f->ring))
            pv_sleep_ns(PV_NS_PER_MS / 10);
    }
    while (f->ring.rsp_cons != f->ring.req_prod_pvt && pv_now_ns() < end + 5 * PV_NS_PER_SEC) {
        pv_sleep_ns(PV_NS_PER_MS);
        f->ring.rsp_cons = *(volatile RING_IDX *)&f->ring.sring->rsp_prod;
    }
    printf("badblock: %s, and the disk %s\n", sent > 64 ? "many sent" : "few sent",
           front_works(f) ? "works" : "is dead");
}

const struct mode request_modes[] = {
    { "requests", "bad sectors, counts, ends, references, operations, lists, discards", requests },
    { "changes", "requests, lists and grants change while they are read (SECONDS)", changes },
    { 0 },
};
