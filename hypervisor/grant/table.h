/* Between the files of grant/: the table of a domain. */
#ifndef ENSO_GRANT_TABLE_H
#define ENSO_GRANT_TABLE_H

#include "dispatch/dispatch.h"
#include "grant/grant.h"
#include "lib/lib.h"
#include "lib/lock.h"
#include "memory/frame.h"

#define ENTRIES_PER_FRAME  (PAGE_SIZE / sizeof(grant_entry_v1_t))
#define HANDLES_PER_FRAME  (PAGE_SIZE / sizeof(struct maptrack))
#define GRANT_FRAMES_LIMIT 64

/* What the hypervisor knows of a grant that is in use: fixed when it was first pinned.
 * Guarded by the granter's grant_lock. */
struct active_grant {
    uint32_t frame;             /* mfn */
    uint16_t mapper;            /* the only domain that may use it */
    uint16_t readers, writers;  /* pins: maps and copies in progress */
    uint16_t flags;             /* ACTIVE_* */
};
#define ACTIVE_READONLY 1       /* the granter gave it for reading only */
#define PINS_MAX 128            /* of each kind */

/* One mapping that a domain has made. Guarded by the mapper's maptrack_lock. */
struct maptrack {
    uint32_t ref;               /* of the granter; in a free handle: the next free one */
    uint16_t granter;
    uint16_t flags;             /* MAP_*; 0: free */
    uint64_t host_addr;         /* virtual address in the page, or machine address of the entry (MAP_ENTRY) */
};
#define MAP_USED     1
#define MAP_READONLY 2
#define MAP_ENTRY    4          /* GNTMAP_contains_pte */

struct grant_table {
    spinlock_t lock;                                        /* RANK_GRANT */
    grant_entry_v1_t *shared[GRANT_FRAMES_LIMIT];           /* frames the guest can write; [c] */
    struct active_grant *active;                            /* [c] frames * ENTRIES_PER_FRAME */
    unsigned int frames;                                    /* [c] */
    spinlock_t maptrack_lock;                               /* RANK_MAPTRACK */
    struct maptrack *handles;                               /* [c] handle_count of them, NULL if none */
    uint32_t handle_count;
    uint32_t free_handle;                                   /* UINT32_MAX: none */
    uint32_t teardown_handle;                               /* progress of grant_teardown */
};

/* Beside GNTST_*, from the functions that make a frame writable or write a page-table entry: out of time,
 * nothing has changed, to be called again. No guest sees it. */
#define GRANT_RESTART 1

/* The granter of the elements of a batch, found anew only where an element names another one. At the end of
 * the batch granter_drop gives the reference back. */
struct granter { struct domain *domain; domid_t id; };
struct domain *granter_change(struct granter *g, domid_t id);
static inline struct domain *granter_find(struct granter *g, domid_t id)
{
    return likely(g->domain && g->id == id) ? g->domain : granter_change(g, id);
}
void granter_drop(struct granter *g);

/* Pins the grant `ref` of `granter` for the domain `mapper`: checks the shared entry (read once),
 * sets GTF_reading and GTF_writing in it, takes a plain reference to the frame for each pin. Stores
 * the frame. GNTST_*. Takes the lock. */
int16_t grant_pin(struct domain *granter, grant_ref_t ref, domid_t mapper, bool readonly, mfn_t *frame);
/* Undoes one pin. */
void grant_unpin(struct domain *granter, grant_ref_t ref, bool readonly);
/* The frame of a grant that is pinned. */
mfn_t grant_pinned_frame(struct domain *granter, grant_ref_t ref);

static inline int16_t grant_status(long rc)
{
    return rc == 0 ? GNTST_okay : rc == -ERESTART ? GRANT_RESTART : GNTST_general_error;
}

int16_t grant_map(struct domain *d, struct granter *g, struct gnttab_map_grant_ref *op);
/* Unmapping in two steps, so that many share one flush: the entry is cleared (or replaced by that of the
 * address replace_from, if that is not 0); after the TLBs of d have been flushed, the pin and the handle
 * go. GNTST_*; only after GNTST_okay for a host_addr that is not 0 is there an end to call. */
struct unmapping { struct domain *granter; grant_handle_t handle; struct maptrack record; };
int16_t grant_unmap_begin(struct domain *d, uint64_t host_addr, grant_handle_t handle, uint64_t replace_from,
                          struct unmapping *u);
void grant_unmap_end(struct domain *d, const struct unmapping *u);
int16_t grant_copy(struct domain *d, struct granter *source, struct granter *dest,
                   const struct gnttab_copy *op);

#endif
