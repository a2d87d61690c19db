/* How many frames a domain has: populate_physmap, increase_reservation, decrease_reservation. */
#ifndef ENSO_MEMORY_RESERVATION_H
#define ENSO_MEMORY_RESERVATION_H

#include <xen/memory.h>
#include "memory/frame.h"

struct domain;

/* Gives d nr_extents blocks of 2^order frames, zeroed. populate_physmap takes the pfn of each from the
 * list, sets the M2P and writes the mfn over it; increase_reservation only writes mfns. Orders above 0 and
 * memory below 4 GiB are for the control domain, for itself or others. Returns how many blocks were given
 * (fewer: no memory, or at the domain's limit) or -ERESTART. */
long reservation_populate(struct domain *d, const struct xen_memory_reservation *r, uint32_t cmd);
/* Takes the listed frames (mfns) away from d. Stops at the first that can't be: not d's, in use as a page
 * table, pinned. Returns how many blocks were taken or -ERESTART. */
long reservation_decrease(struct domain *d, const struct xen_memory_reservation *r);

/* One block for the hypervisor's own use on behalf of d (first domain's builder): zeroed and assigned. */
mfn_t reservation_take(struct domain *d, unsigned int order, bool low);
/* Teardown: one bounded step of taking all ordinary frames and tables from a dying domain. 0 or -ERESTART. */
long reservation_teardown(struct domain *d);

#endif
