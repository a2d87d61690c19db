/* See foreign.h. */
#include <xen/errno.h>
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/foreign.h"

/* Numbers that no domain has say nothing about which domains there are. */
static bool names_nobody(uint32_t id)
{
    return id >= DOMID_FIRST_RESERVED && id != DOMID_XEN;
}

static long other_domain(uint32_t id, struct domain **d)
{
    if (names_nobody(id))
        return refuse(-XEN_ESRCH, "no domain d%u", id);
    if (!current->domain->control)
        return refuse(-XEN_EPERM, "only the control domain may name d%u here", id);
    *d = domain_find((domid_t)id);
    return *d ? 0 : refuse(-XEN_ESRCH, "no domain d%u", id);
}

/* The number plus one; 0: the caller. */
static long table_owner(uint32_t number, struct domain **d)
{
    struct domain *self = current->domain;

    if (number && number - 1 != self->id)
        return other_domain(number - 1, d);
    *d = domain_get(self);
    return 0;
}

static long frame_owner(uint32_t id, struct domain **d)
{
    struct domain *self = current->domain;

    if (id != DOMID_SELF && id != self->id)
        return other_domain(id, d);
    *d = domain_get(self);
    return 0;
}

long foreign_get(uint32_t foreigndom, struct foreign *f)
{
    uint32_t tables = foreigndom >> 16, frames = foreigndom & 0xffff;
    long rc;

    rc = table_owner(tables, &f->table_owner);
    if (rc)
        return rc;
    f->frames = NULL;
    f->frame_owner = (domid_t)frames;
    /* Device memory has no owner: the caller's right to it is checked where it is mapped. */
    if (frames == DOMID_IO)
        return 0;
    rc = frame_owner(frames, &f->frames);
    if (rc) {
        domain_put(f->table_owner);
        return rc;
    }
    f->frame_owner = f->frames->id == f->table_owner->id ? DOMID_SELF : f->frames->id;
    return 0;
}

long foreign_get_other(uint32_t foreigndom, struct foreign *f)
{
    if ((foreigndom & 0xffff) == current->domain->id)
        return refuse(-XEN_ESRCH, "the caller's own number is not that of another domain");
    return foreign_get(foreigndom, f);
}

void foreign_put(struct foreign *f)
{
    domain_put(f->table_owner);
    if (f->frames)
        domain_put(f->frames);
}
