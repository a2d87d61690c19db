/*
 * The block backend's ring, against a front end and a disk that do what they like. The first byte of the
 * input chooses the front end: a hostile one, which writes whatever wherever in its ring and other pages,
 * also while they are read; or a correct one with bad requests, which checks that each of them is answered
 * exactly once. The other bytes are steps: requests, notifications, grants that come and go, completions in
 * any order, the end at any time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xen/abi-barrier.h>
#include <xen/io/blkif.h>

#include "backends/block/vbd.h"
#include "kit/kit.h"

#define SECTORS 4096u
#define HELD    64u
#define RING    0u              /* the peer's pages 0 to 3 are the ring, 4 to 7 lists, the others data */
#define LISTS   4u
#define DATA    8u
#define IDS     256u

static struct block_device disk = { .name = "vda", .sectors = SECTORS, .granularity = 1 };
static struct vbd *vbd;
static struct block_request *held[HELD];
static unsigned held_count;
static unsigned instant;        /* the disk answers at once; with an error if 2 */

/* The correct front end. */
static bool honest;
static struct blkif_front_ring front;
static struct { bool asked; uint8_t operation; } asked[IDS];
static unsigned out;            /* requests without an answer */
static bool owed;               /* the backend wants to be notified, and was not */

/* ---- the disk ---- */

static void take_or_give(struct block_request *b)
{
    for (unsigned i = 0; i < b->segment_count; i++) {
        uint8_t *p = kit_machine(b->segments[i].machine, b->segments[i].bytes);

        if (b->segments[i].bytes == 0 || b->segments[i].bytes % BLOCK_SECTOR)
            kit_wrong("a segment of %u bytes", b->segments[i].bytes);
        if (b->operation == BLOCK_READ)
            memset(p, 0xd1, b->segments[i].bytes);
        else
            kit_check_filled(p, b->segments[i].bytes);
    }
}

static void complete(unsigned i, int error)
{
    struct block_request *b = held[i];

    held[i] = held[--held_count];
    if (!error)
        take_or_give(b);
    bool on = pv_upcalls_disable();

    b->done(b, error);
    pv_upcalls_restore(on);
}

static void check_request(const struct block_request *b)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < b->segment_count; i++)
        bytes += b->segments[i].bytes;
    if (b->operation > BLOCK_DISCARD || b->segment_count > BLOCK_SEGMENTS)
        kit_wrong("operation %u, %u segments", b->operation, b->segment_count);
    if (b->operation == BLOCK_DISCARD)
        bytes = b->sectors * BLOCK_SECTOR;
    if (b->operation != BLOCK_FLUSH &&
        (b->sector >= SECTORS || bytes == 0 || bytes / BLOCK_SECTOR > SECTORS - b->sector))
        kit_wrong("%llu bytes at sector %llu", (unsigned long long)bytes, (unsigned long long)b->sector);
    for (unsigned i = 0; i < held_count; i++)
        if (held[i] == b)
            kit_wrong("a request is submitted twice");
}

int block_submit(struct block_device *d, struct block_request *b)
{
    kit_moment();
    if (d != &disk)
        kit_wrong("another disk");
    check_request(b);
    if (kit_fails() || held_count == HELD)
        return -EIO;
    held[held_count++] = b;
    if (instant)
        complete(held_count - 1, instant == 2 ? -EIO : 0);
    return 0;
}

static void idle(void)
{
    if (held_count)
        complete(held_count - 1, 0);
}

/* ---- the correct front end ---- */

static void take_answers(void)
{
    struct blkif_sring *sring = front.sring;

    if (sring->rsp_prod - front.rsp_cons > out)
        kit_wrong("%u answers to %u requests", sring->rsp_prod - front.rsp_cons, out);
    while (front.rsp_cons != sring->rsp_prod) {
        struct blkif_response *r = RING_GET_RESPONSE(&front, front.rsp_cons);

        if (r->id >= IDS || !asked[r->id].asked)
            kit_wrong("an answer that nobody asked for, or a second one");
        if (r->operation != asked[r->id].operation)
            kit_wrong("operation %u is answered as %u", asked[r->id].operation, r->operation);
        if (r->status > 0 || r->status < -2)
            kit_wrong("status %d", r->status);
        asked[r->id].asked = false;
        front.rsp_cons++;
        out--;
    }
}

static void push(void)
{
    int notify;

    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&front, notify);
    owed |= notify;
}

static void ring_bell(void)
{
    owed = false;
    kit_event(kit_port(0));
}

/* A segment, mostly a good one. */
static struct blkif_request_segment segment(void)
{
    unsigned ends = kit_byte(), first = ends & 7, last = ends >> 3 & 7;
    unsigned ref = DATA + kit_byte() % (KIT_FRAMES - DATA);

    if (first > last && ends < 0xf0)
        return (struct blkif_request_segment){ ref, (uint8_t)last, (uint8_t)first };
    return (struct blkif_request_segment){ ref, (uint8_t)first, (uint8_t)(ends > 0xf8 ? ends : last) };
}

static void ask(void)
{
    union {
        struct blkif_request plain;
        struct blkif_request_indirect indirect;
        struct blkif_request_discard discard;
    } r;
    unsigned id = 0;

    while (id < IDS && asked[id].asked)
        id++;
    if (RING_FULL(&front) || id == IDS)
        return;
    memset(&r, 0, sizeof(r));
    r.plain.operation = kit_byte() % 8;
    if (r.plain.operation == BLKIF_OP_INDIRECT) {
        r.indirect = (struct blkif_request_indirect){
            .operation = BLKIF_OP_INDIRECT, .indirect_op = kit_byte() % 4, .nr_segments = kit_byte(),
            .id = id, .sector_number = kit_u16(), .indirect_grefs = { LISTS + kit_byte() % 4 },
        };
        asked[id].operation = r.indirect.indirect_op;
    } else if (r.plain.operation == BLKIF_OP_DISCARD) {
        r.discard = (struct blkif_request_discard){
            .operation = BLKIF_OP_DISCARD, .flag = kit_byte() & 1, .id = id, .sector_number = kit_u16(),
            .nr_sectors = kit_u16(),
        };
        asked[id].operation = r.plain.operation;
    } else {
        r.plain.nr_segments = kit_byte() % 13;
        r.plain.id = id;
        r.plain.sector_number = kit_u16() % (SECTORS + 64);
        for (unsigned i = 0; i < r.plain.nr_segments && i < BLKIF_MAX_SEGMENTS_PER_REQUEST; i++)
            r.plain.seg[i] = segment();
        asked[id].operation = r.plain.operation;
    }
    asked[id].asked = true;
    out++;
    memcpy(RING_GET_REQUEST(&front, front.req_prod_pvt), &r.plain, sizeof(r.plain));
    front.req_prod_pvt++;
    push();
}

/* One of many: a page is read or written. */
static void ask_simply(unsigned how)
{
    struct blkif_request r = { .operation = how & 1, .nr_segments = 1, .seg = { { DATA, 0, 7 } } };
    unsigned id = 0;

    while (id < IDS && asked[id].asked)
        id++;
    if (RING_FULL(&front) || id == IDS)
        return;
    r.id = id;
    asked[id].asked = true;
    asked[id].operation = r.operation;
    out++;
    *RING_GET_REQUEST(&front, front.req_prod_pvt) = r;
    front.req_prod_pvt++;
    push();
}

/* ---- steps ---- */

/* Anything into any page; half of it into the ring's indices. */
static void scribble(void)
{
    unsigned where = kit_byte();
    uint32_t *indices = (uint32_t *)kit_peer[RING];

    if (where & 1)
        indices[where >> 1 & 3] += kit_byte();
    else
        kit_bytes(kit_peer[where >> 1 & 7] + kit_u16() % (KIT_PAGE - 64), 1 + kit_byte() % 64);
}

/* A whole request, and the index that shows it. */
static void scribble_request(void)
{
    struct blkif_sring *sring = (struct blkif_sring *)kit_peer[RING];
    struct blkif_request r;

    memset(&r, 0, sizeof(r));
    r.operation = kit_byte() % 7;
    r.nr_segments = kit_byte() % 14;
    r.sector_number = kit_u16() % (SECTORS + 8);
    for (unsigned i = 0; i < BLKIF_MAX_SEGMENTS_PER_REQUEST && i < r.nr_segments; i++) {
        r.seg[i] = segment();
        r.seg[i].gref += kit_byte() % 80;
    }
    memcpy(&sring->ring[sring->req_prod & 31].req, &r, sizeof(r));
    sring->req_prod++;
}

static void list_of_segments(void)
{
    struct blkif_request_segment *list = (struct blkif_request_segment *)kit_peer[LISTS + kit_byte() % 2];
    unsigned first = kit_byte() % 32, count = kit_byte() % 40;

    for (unsigned i = first; i < first + count; i++)
        list[i] = segment();
}

static void step(void)
{
    unsigned op = kit_byte();

    switch (op % 12) {
    case 0:
    case 1:
        honest ? ask() : scribble_request();
        break;
    case 2:
        if (!honest)
            scribble();
        break;
    case 3:
        list_of_segments();
        break;
    case 4:
        kit_grant(DATA + kit_byte() % 56, DATA + kit_byte() % 56, op & 16, op & 32);
        break;
    case 5:
        instant = op / 16 % 3;
        break;
    case 6:
        if (held_count)
            complete(kit_byte() % held_count, op & 16 ? -EIO : 0);
        break;
    case 7:
        if (!honest)
            kit_plan_from_input();
        else
            kit_plan_event(kit_byte(), kit_port(0));
        break;
    case 11:
        for (unsigned n = kit_byte() % 64; n && honest; n--)
            ask_simply(op >> 4);
        break;
    case 10:
        if (!honest) {      /* a request that changes while it is read */
            scribble_request();
            kit_spoil(kit_byte() % 64, kit_byte());
            ring_bell();
            kit_run();
        }
        break;
    case 8:
        if (honest)
            front.sring->rsp_event = front.rsp_cons + 1;
        ring_bell();
        break;
    default:
        ring_bell();
        kit_run();
        break;
    }
}

static bool open_vbd(unsigned flags)
{
    struct vbd_ring ring = {
        .pages = 1u << (flags >> 4 & 3) % 3, .refs = { 0, 1, 2, 3 }, .port = flags & 64 && !honest ? 0 : 9,
    };

    disk.can_flush = flags & 2;
    disk.can_discard = flags & 4;
    if (honest) {
        struct blkif_sring *sring = (struct blkif_sring *)kit_peer[RING];

        SHARED_RING_INIT(sring);
        FRONT_RING_INIT(&front, sring, ring.pages * KIT_PAGE);
        for (unsigned i = 0; i < 4 * KIT_PAGE / sizeof(struct blkif_request_segment); i++)
            ((struct blkif_request_segment *)kit_peer[LISTS])[i].gref = DATA;    /* never the ring itself */
    }
    return vbd_open(&vbd, "vbd 51712 of d5", KIT_PEER, &ring, &disk, flags & 8, flags & 4) == 0;
}

static void close_vbd(void)
{
    bool stopped = vbd_stopped(vbd);
    struct vbd_statistics before, after;
    struct pv_waitq over = PV_WAITQ_INIT;
    unsigned late = kit_byte() % 8;         /* requests that come after the end */

    vbd_statistics(vbd, &before);
    kit_event(kit_port(0));
    kit_run();
    vbd_statistics(vbd, &after);
    if (stopped && (!vbd_stopped(vbd) || before.requests != after.requests))
        kit_wrong("a stopped device goes on");
    if (honest && stopped)
        kit_wrong("a correct front end's device is stopped");
    kit_idle = idle;
    if (honest) {       /* all that was asked for is answered, as the disk gets on */
        for (unsigned i = 0; i < 256 && out; i++) {
            idle();
            if (owed)
                ring_bell();
            kit_pass(2000000);      /* it may be deaf for a while */
            take_answers();
        }
        if (out)
            kit_wrong("%u requests are not answered", out);
    }
    vbd_shut(vbd, honest ? VBD_CLOSE : kit_byte() % 3, &over);
    while (!vbd_ended(vbd)) {
        if (held_count)
            idle();
        if (honest && late)
            late--, ask_simply(0);
        pv_wait(&over, UINT64_MAX);
        if (vbd_is_idle(vbd) && held_count)
            kit_wrong("idle with %u requests at the disk", held_count);
        if (honest)
            take_answers();
    }
    vbd_free(vbd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned flags, fail;
    bool opened;

    kit_input(data, size);
    kit_start();
    held_count = instant = out = 0;
    memset(asked, 0, sizeof(asked));
    flags = kit_byte();
    honest = flags & 1;
    owed = false;
    fail = kit_byte();
    if (fail & 1)
        kit_fail_after(1 + (fail >> 1) % 6);
    opened = open_vbd(flags);
    kit_fail_after(0);
    if (opened) {
        kit_run();
        while (kit_input_left()) {
            step();
            if (honest)
                take_answers();
        }
        close_vbd();
    }
    kit_end();
    return 0;
}
