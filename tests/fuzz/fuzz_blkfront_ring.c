/* The kit's disk frontend against a backend that answers what it likes, also while it is read, and that
 * goes away and comes back as another one. Each request is done once and then out of the backend's reach;
 * what the ring holds is what was asked. */
#include <errno.h>
#include <string.h>

#include "kit/kit.h"
#include "block/private.h"

#define REQUESTS 10u
#define SECTORS  4096u

void pv_console_emergency(const char *fmt, ...)
{
    kit_wrong("%s", fmt);
}

static struct pv_blkfront front;
static struct asked {
    struct pv_blk_request r;
    char *pages;                        /* ours, while it is under way */
    size_t count;
} asked[REQUESTS];
static RING_IDX answered;               /* by a backend that means well */

static void done(struct pv_blk_request *r, int error)
{
    struct asked *a = r->arg;

    if (!a->pages || r->parts || r->issued != r->sectors || error > 0)
        kit_wrong("a request is done that is not under way: %d", error);
    pv_pages_free(a->pages, a->count);  /* wrong if the backend can still reach it */
    a->pages = NULL;
}

static void submit(unsigned op)
{
    struct asked *a = &asked[kit_byte() % REQUESTS];
    unsigned sectors = 1 + kit_u16() % 400, offset = kit_u16() % KIT_PAGE;

    if (a->pages)
        return;
    a->count = (offset + sectors * SECTOR + KIT_PAGE - 1) / KIT_PAGE;
    a->pages = pv_pages_alloc(a->count);
    if (!a->pages)
        return;
    a->r = (struct pv_blk_request){
        .operation = (enum pv_blk_operation)(op & 3), .sector = kit_u16() % SECTORS, .sectors = sectors,
        .buf = a->pages + (op & 4 ? offset & ~(SECTOR - 1) : offset), .done = done, .arg = a,
    };
    if (a->r.operation == PV_BLK_FLUSH)
        a->r.sector = a->r.sectors = 0;
    /* As pv_blkfront_submit() does with what it has checked. */
    a->r.next = NULL;
    *front.waiting_end = &a->r;
    front.waiting_end = &a->r.next;
    pv_blk_pump(&front);
}

static void connect(unsigned op)
{
    static const unsigned segments[] = { 11, 32, 12, 20 };

    front.fe.connected = false;
    pv_blk_ring_drop(&front);
    front.features = (struct features){ segments[op & 3], op & 4, op & 8, op & 16 };
    if (pv_blk_ring_make(&front, kit_byte() % (RING_ORDER + 2)))
        return;
    kit_share(front.ring.sring, PV_PAGE_SIZE << front.ring_order);
    answered = 0;
    front.fe.connected = true;
    pv_blk_pump(&front);
}

/* The answer to what is in the next slot of the ring, or to any number. */
static void answer(unsigned op)
{
    struct blkif_sring *s = front.ring.sring;
    struct blkif_response r = { .id = RING_GET_REQUEST(&front.ring, answered)->id, .status = BLKIF_RSP_OKAY };

    if (op & 16)
        r.id = kit_byte();
    if (op & 32)
        r.status = (int16_t)(kit_byte() - 3);
    if (answered == front.ring.req_prod_pvt && !(op & 64))
        return;
    *RING_GET_RESPONSE(&front.ring, answered) = r;
    answered++;
    s->rsp_prod = answered;
}

static void disturb(unsigned op)
{
    uint8_t *p = (uint8_t *)front.ring.sring;

    if (op & 16)
        ((uint32_t *)p)[kit_byte() & 3] += kit_byte();
    else
        p[kit_u16() % (PV_PAGE_SIZE << front.ring_order)] = kit_byte();
}

/* As the frontend's thread does: a backend that was found out is done with. */
static void take(void)
{
    int rc = 1;

    for (unsigned i = 0; rc == 1 && i < 8; i++)
        rc = pv_blk_take_answers(&front);
    if (rc == -EPROTO) {
        front.fe.connected = false;
        pv_blk_ring_drop(&front);
        pv_blk_fail_all(&front, -ENODEV);
    } else if (rc < 0) {
        kit_wrong("%d", rc);
    }
}

static void begin(void)
{
    kit_start();
    memset(&front, 0, sizeof(front));
    memset(asked, 0, sizeof(asked));
    front.fe.backend = KIT_PEER;
    front.disk.granularity = 1;
    front.disk.sectors = SECTORS * 2;
    pv_blk_ring_init(&front);
    connect(kit_byte());
}

static void end(void)
{
    front.fe.connected = false;
    pv_blk_ring_drop(&front);
    pv_blk_fail_all(&front, -ENODEV);
    pv_blk_ring_free(&front);
    for (unsigned i = 0; i < REQUESTS; i++)
        if (asked[i].pages)
            kit_wrong("request %u was never answered", i);
    kit_end();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kit_input(data, size);
    begin();
    while (kit_input_left()) {
        unsigned op = kit_byte();

        if (op % 8 < 2)
            submit(op >> 3);
        else if (op % 8 == 7 && op & 8)
            connect(op >> 3);
        else if (op % 8 == 7)
            kit_fail_after(kit_byte() % 16);
        else if (!front.ring.sring)
            continue;
        else if (op % 8 == 6)
            disturb(op);
        else if (op % 8 == 5)
            take();
        else if (op % 8 == 4 && op & 8)
            kit_spoil(kit_byte() % 64, kit_byte());
        else
            answer(op);
    }
    end();
    return 0;
}
