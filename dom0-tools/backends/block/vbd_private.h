/* vbd_private.h: a device in three pieces: vbd.c has its life, vbd_requests.c what happens to requests,
 * vbd_copy.c their data. */
#ifndef ENSO_BACKENDS_VBD_PRIVATE_H
#define ENSO_BACKENDS_VBD_PRIVATE_H

#include <sys/queue.h>

#include <xen/io/blkif.h>
#include <pv/memory.h>
#include <pv/thread.h>

#include "blkif.h"
#include "vbd.h"

#define SLOTS       32u         /* requests that are taken and not answered */
#define PAGES       96u         /* for their data: three of the longest */

/* A request on its way. */
struct slot {
    STAILQ_ENTRY(slot) link;            /* in `taken`, or in `free` */
    struct vbd *vbd;
    struct blkif_io io;
    struct block_request block;
    void *pages[BLKIF_SEGMENTS];
    unsigned page_count;
    int status;                         /* BLKIF_RSP_* */
    bool finished;                      /* only the answer is missing */
    struct slot *next_done;
};

STAILQ_HEAD(slot_list, slot);

struct vbd {
    char name[24];
    domid_t frontend;
    struct block_device *device;
    struct blkif_limits limits;
    struct blkif_back_ring ring;
    RING_IDX published;                 /* answers that the frontend was told of */
    unsigned ring_pages;
    evtchn_port_t port;
    struct pv_waitq queue;              /* the thread sleeps here */
    struct pv_waitq *watcher;           /* who is woken at the end */
    bool kicked, stopped;
    bool closing, idle, ended;          /* in this order */
    enum vbd_end end;
    uint64_t answered_ns;               /* when the frontend last got an answer */
    volatile unsigned useless;          /* notifications since there was a request */
    volatile bool deaf;                 /* there were too many: the port is masked for a while */
    bool told;
    struct slot slots[SLOTS];
    struct slot_list free, taken;       /* taken: in the order of the ring */
    struct slot *done, **done_end;      /* from the device; upcalls are off when it changes */
    unsigned in_flight;
    char *pool;                         /* PAGES of them */
    xen_pfn_t frames[PAGES];
    void *free_pages[PAGES];
    unsigned free_page_count;
    struct vbd_statistics statistics;
};

/* ---- vbd_requests.c ---- */

enum vbd_batch { BATCH_NONE, BATCH_SOME, BATCH_NO_ROOM };

/* One batch: requests are taken, their data is fetched together, then they go to the device. */
enum vbd_batch vbd_take_batch(struct vbd *v);

/* What the device is done with: data that was read goes to the frontend. */
void vbd_take_done(struct vbd *v);

/* The oldest requests, as far as they are finished, are answered: their slots are free then. The frontend
 * sees answers when they are published. */
void vbd_answer_oldest(struct vbd *v);
void vbd_publish_answers(struct vbd *v);

/* True: requests are in the ring. Asks for a notification if there are none. */
bool vbd_more_requests(struct vbd *v);

/* All that is in the ring is answered with an error. The device has no request. */
void vbd_refuse_all(struct vbd *v);

/* ---- vbd_copy.c: data moves by grant copies, in batches; a copy that fails makes its request's status an
 * error. Nothing has moved for certain before vbd_run_copies(). ---- */

/* The frame of one of the pool's pages. */
xen_pfn_t vbd_frame_of(const struct vbd *v, const void *page);

/* All segments of a request: from the frontend if it writes, else to it. */
void vbd_copy_data(struct vbd *v, struct slot *s);

/* The list of an indirect request; and, when it has moved, from there into the request: BLKIF_RSP_OKAY or
 * what to answer. */
void vbd_fetch_list(struct vbd *v, struct slot *s);
int vbd_take_list(struct vbd *v, struct slot *s);

void vbd_run_copies(void);

#endif
