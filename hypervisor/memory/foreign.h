/* Whose tables and whose frames a page-table hypercall is about. */
#ifndef ENSO_MEMORY_FOREIGN_H
#define ENSO_MEMORY_FOREIGN_H

#include "lib/types.h"
#include <xen/xen.h>

struct domain;

struct foreign {
    struct domain *table_owner;     /* with a reference */
    struct domain *frames;          /* with a reference; NULL: DOMID_IO */
    domid_t frame_owner;            /* DOMID_SELF: the owner of the tables; DOMID_IO; or another domain */
};

/* Decodes the foreigndom argument: low 16 bits the owner of the frames, high 16 bits the owner of the
 * tables plus one (0: the caller). Only the control domain may name others; DOMID_IO as the owner of
 * frames anybody. -EPERM, -ESRCH. */
long foreign_get(uint32_t foreigndom, struct foreign *f);
/* The same for the calls about page tables, which know the caller as
 * DOMID_SELF only: its number is -ESRCH. */
long foreign_get_other(uint32_t foreigndom, struct foreign *f);
void foreign_put(struct foreign *f);

#endif
