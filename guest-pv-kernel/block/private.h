/* private.h: a disk's frontend in three pieces: blkfront.c follows the store, ring.c the ring, parts.c makes
 * requests of the ring (parts) of the callers'. */
#ifndef PV_BLOCK_PRIVATE_H
#define PV_BLOCK_PRIVATE_H

#include <sys/queue.h>

#include <xen/io/blkif.h>
#include <pv/blkfront.h>
#include <pv/memory.h>
#include <pv/thread.h>

#include "xenbus/frontend.h"

#define SECTOR      512u
#define SLOTS       128u        /* parts under way */
#define SEGMENTS    32u         /* pages of a part at the most */
#define GRANTS      512u        /* pages that the backend may reach at once */
#define LISTS       16u         /* parts with a list of segments at once */
#define RING_ORDER  2u
#define RING_PAGES  (1u << RING_ORDER)

/* One request of the ring, kept until it is answered: it may have to be sent anew. */
struct slot {
    TAILQ_ENTRY(slot) link;             /* in `active`, the oldest first; or in `free` */
    struct pv_blk_request *owner;
    bool sent;                          /* it may be answered */
    enum pv_blk_operation operation;
    uint64_t sector, sectors;
    char *data;                         /* of the caller */
    unsigned segments, granted;         /* the first `granted` of refs are valid */
    char *pages[SEGMENTS];              /* where a segment's data is; ours if `bounced` says so */
    uint32_t bounced;                   /* one bit a segment */
    uint8_t first[SEGMENTS], last[SEGMENTS];
    grant_ref_t refs[SEGMENTS];
    struct blkif_request_segment *list; /* a page, or NULL: the segments are in the request */
    int list_ref;                       /* negative: none */
};

TAILQ_HEAD(slot_list, slot);

/* What the backend offers. */
struct features {
    unsigned segments;                  /* of a request: 11, or more by lists */
    bool flush, barrier, discard;
};

struct pv_blkfront {
    struct pv_disk disk;                /* first: a pv_disk is its frontend */
    LIST_ENTRY(pv_blkfront) link;
    struct pv_frontend fe;
    unsigned number;
    struct features features;
    struct pv_waitq opened;             /* connected, gone or ended */
    bool closing, ended;

    /* the ring; sring is NULL while there is none */
    struct blkif_front_ring ring;
    unsigned ring_order;
    grant_ref_t ring_refs[RING_PAGES];
    unsigned ring_granted;
    int port;                           /* 0: none */
    volatile bool kicked;

    struct slot slots[SLOTS];
    struct slot_list free, active;
    struct slot *unsent;                /* the first of `active` that is not in the ring */
    struct pv_blk_request *waiting, **waiting_end;      /* not, or not wholly, in slots */
    bool pumping;
    unsigned granted;
    struct blkif_request_segment *lists[LISTS];
    unsigned list_count, lists_made;
    struct pv_blkfront_statistics statistics;
};

/* ---- parts.c ---- */

/* Makes the next part of the first request that waits, and puts it at the end of `active`. False: there is
 * none, or no room for it now. A request for which there will never be memory ends with an error. */
bool pv_blk_make_part(struct pv_blkfront *d);

/* Lets the backend reach the pages of a part that was sent to another one. 0 or a negative error. */
int pv_blk_grant_again(struct pv_blkfront *d, struct slot *s);

/* Takes the pages back from the backend. */
void pv_blk_ungrant(struct pv_blkfront *d, struct slot *s);

/* The part as the ring has it. */
void pv_blk_fill_request(const struct pv_blkfront *d, const struct slot *s, struct blkif_request *r);

/* Ends a part: data that was read goes to the caller, whose request may be done with that. */
void pv_blk_end_part(struct pv_blkfront *d, struct slot *s, int error);

/* ---- ring.c ---- */

void pv_blk_ring_init(struct pv_blkfront *d);

/* A ring for the backend to map, and a port. 0 or a negative error, with nothing left. */
int pv_blk_ring_make(struct pv_blkfront *d, unsigned order);

/* The backend has let go: the ring goes, what it has not answered is to be sent anew. */
void pv_blk_ring_drop(struct pv_blkfront *d);

/* Sends what there is room for. */
void pv_blk_pump(struct pv_blkfront *d);

/* Takes the answers that are there. 0: the next ones are notified; 1: there are more already; -EPROTO the
 * backend says what cannot be. */
int pv_blk_take_answers(struct pv_blkfront *d);

/* Ends all that is under way or waits. */
void pv_blk_fail_all(struct pv_blkfront *d, int error);

/* Gives back all memory. */
void pv_blk_ring_free(struct pv_blkfront *d);

/* ---- disk.c ---- */

void pv_blk_disk_init(struct pv_blkfront *d);

#endif
