/* rings.c: what the ring's indices and its port can say. */
#include "badblock.h"

#include <stdio.h>
#include <string.h>

#include <xen/abi-barrier.h>
#include <pv/event.h>
#include <pv/time.h>

/* The producer index jumps: ahead, far ahead, or back behind what was taken. */
static void jump(struct front *f, const char *arg)
{
    RING_IDX by = *arg == 'b' ? (RING_IDX)-1 : *arg == 'f' ? 0x80000000u : 33;

    front_connect(f);
    printf("badblock: first the disk %s\n", front_works(f) ? "works" : "is dead");
    f->ring.sring->req_prod += by;
    xen_mb();
    pv_event_send((evtchn_port_t)f->port);
    pv_sleep_ns(PV_NS_PER_SEC / 5);
    f->ring.sring->req_prod -= by;
    printf("badblock: the state is %d\n", front_backend_state(f));
    for (unsigned i = 0; i < 100; i++)
        pv_event_send((evtchn_port_t)f->port);
    printf("badblock: jumped\n");
}

/* Requests without end; nobody looks at an answer, nor asks to be told. */
static void deaf(struct front *f, const char *arg)
{
    uint64_t end, sent = 0;

    front_connect(f);
    end = stop_time(arg);
    while (pv_now_ns() < end) {
        RING_IDX answered = *(volatile RING_IDX *)&f->ring.sring->rsp_prod;

        if (answered == f->ring.rsp_cons && sent)
            continue;
        f->ring.sring->rsp_event = answered - 1000;
        for (f->ring.rsp_cons = answered; !RING_FULL(&f->ring); sent++)
            *front_next(f) = front_request(f, sent & 1 ? BLKIF_OP_READ : BLKIF_OP_WRITE, sent % 64 * 8, 11);
        front_push(f);
    }
    printf("badblock: %s\n", sent > 64 ? "many sent" : "few sent");
}

/* Notifications without end and without requests. */
static void notify(struct front *f, const char *arg)
{
    uint64_t end;

    front_connect(f);
    end = stop_time(arg);
    while (pv_now_ns() < end)
        for (unsigned i = 0; i < 1000; i++)
            pv_event_send((evtchn_port_t)f->port);
    printf("badblock: notified, and the disk %s\n", front_works(f) ? "works" : "is dead");
}

/* The answers' index and the events' are in the same page: anything may stand there. */
static void indices(struct front *f, const char *arg)
{
    uint64_t end;

    front_connect(f);
    end = stop_time(arg);
    while (pv_now_ns() < end) {
        struct blkif_sring *s = f->ring.sring;

        if (!RING_FULL(&f->ring))
            *front_next(f) = front_request(f, BLKIF_OP_READ, 0, 1);
        s->rsp_event = (RING_IDX)front_random();
        s->req_event = (RING_IDX)front_random();
        front_push(f);
        s->rsp_prod = (RING_IDX)front_random();
        f->ring.rsp_cons += RING_FULL(&f->ring);
    }
    printf("badblock: lied\n");
}

/* Ends with requests under way. */
static void leave(struct front *f, const char *arg)
{
    (void)arg;
    front_connect(f);
    for (unsigned i = 0; i < 32; i++)
        *front_next(f) = front_request(f, i & 1 ? BLKIF_OP_READ : BLKIF_OP_WRITE, i * 8, 11);
    printf("badblock: leaves\n");
    fflush(stdout);
    front_push(f);
}

const struct mode ring_modes[] = {
    { "jump", "the index of requests jumps: a little, (f)ar, or (b)ack", jump },
    { "deaf", "never looks at an answer (SECONDS)", deaf },
    { "notify", "notifies without requests (SECONDS)", notify },
    { "indices", "noise in the indices that are not its own (SECONDS)", indices },
    { "leave", "ends with requests under way", leave },
    { 0 },
};
