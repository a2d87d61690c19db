/* See foreign.h. */
#include <xen/errno.h>
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/foreign.h"

static long named_domain(uint32_t id, struct domain **d)
{
    struct domain *self = current->domain;

    if (id == DOMID_SELF || id == self->id) {
        *d = domain_get(self);
        return 0;
    }
    if (!self->control)
        return refuse(-XEN_EPERM, "only the control domain may name d%u here", id);
    *d = domain_find((domid_t)id);
    return *d ? 0 : refuse(-XEN_ESRCH, "no domain d%u", id);
}

long foreign_get(uint32_t foreigndom, struct foreign *f)
{
    uint32_t tables = foreigndom >> 16, frames = foreigndom & 0xffff;
    long rc;

    rc = named_domain(tables ? tables - 1 : DOMID_SELF, &f->table_owner);
    if (rc)
        return rc;
    f->frames = NULL;
    f->frame_owner = (domid_t)frames;
    /* Device memory has no owner: the caller's right to it is checked where it is mapped. */
    if (frames == DOMID_IO) {
        f->frame_owner = DOMID_SELF;
        return 0;
    }
    rc = named_domain(frames, &f->frames);
    if (rc) {
        domain_put(f->table_owner);
        return rc;
    }
    f->frame_owner = f->frames->id == f->table_owner->id ? DOMID_SELF : f->frames->id;
    return 0;
}

void foreign_put(struct foreign *f)
{
    domain_put(f->table_owner);
    if (f->frames)
        domain_put(f->frames);
}
