/* Whose tables and whose frames a page-table hypercall is about. */
#ifndef ENSO_MEMORY_FOREIGN_H
#define ENSO_MEMORY_FOREIGN_H

#include "lib/types.h"
#include <xen/xen.h>

struct domain;

struct foreign {
    struct domain *table_owner;     /* with a reference */
    struct domain *frames;          /* with a reference, or NULL (frame_owner is the caller or a special domid) */
    domid_t frame_owner;
};

/* Decodes the foreigndom argument: low 16 bits the owner of the frames, high 16 bits the owner of the tables plus one (0: the
 * caller). Only the control domain may name others. -EPERM, -ESRCH. */
long foreign_get(uint32_t foreigndom, struct foreign *f);
void foreign_put(struct foreign *f);

#endif
