/* copies.h: grant copies between a frontend's pages and ours, in batches: one call of the hypervisor for
 * many. A batch is filled and run without a wait between, so that all devices of a kind can have the same
 * one. */
#ifndef ENSO_BACKENDS_COPIES_H
#define ENSO_BACKENDS_COPIES_H

#include <stdint.h>

#include <xen/xen.h>
#include <xen/grant_table.h>

#define COPIES_MOST 128u        /* of a call; one more runs those that are there */

struct copies {
    void (*failed)(void *owner);        /* called for each copy that did not happen */
    unsigned count;
    void *owners[COPIES_MOST];
    struct gnttab_copy ops[COPIES_MOST];
};

/* `bytes` of the page `ref` of the frontend, from `offset` on, to a machine address of ours; and the other
 * way. Both sides lie within a page. */
void copies_fetch(struct copies *c, void *owner, domid_t frontend, grant_ref_t ref, unsigned offset,
                  uint64_t to, unsigned bytes);
void copies_deliver(struct copies *c, void *owner, domid_t frontend, grant_ref_t ref, unsigned offset,
                    uint64_t from, unsigned bytes);

/* Nothing has moved for certain before this. */
void copies_run(struct copies *c);

#endif
