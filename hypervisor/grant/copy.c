/* Grant copy: bytes between two frames, each named by a grant or (one's own) by its number.
 * Each side is pinned, referenced, and referenced as writable where it is written; then copied;
 * then let go in the opposite order. */
#include <xen/errno.h>
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "grant/table.h"
#include "lib/lib.h"
#include "memory/guest-access.h"

struct copy_side {
    struct domain *granter;     /* NULL: one's own frame */
    grant_ref_t ref;
    mfn_t frame;
};

static forced_inline int16_t side_take(struct domain *d, struct granter *g, const struct gnttab_copy_ptr *p,
                                       bool is_grant, bool write, struct copy_side *s)
{
    int16_t status = GNTST_okay;
    long rc;

    s->granter = NULL;
    if (is_grant) {
        s->granter = granter_find(g, p->domid);
        s->ref = p->u.ref;
        status = s->granter ? grant_pin(s->granter, s->ref, d->id, !write, &s->frame) : GNTST_bad_domain;
    } else if (unlikely(p->domid != DOMID_SELF)) {
        status = GNTST_permission_denied;
    } else {
        s->frame = mfn(p->u.gmfn);
        status = frame_get(p->u.gmfn, d->id) ? GNTST_okay : GNTST_bad_page;
    }
    if (status != GNTST_okay || !write)
        return status;
    rc = frame_get_writable(s->frame, false);
    if (rc && is_grant)
        grant_unpin(s->granter, s->ref, false);
    else if (rc)
        frame_put(s->frame);
    return grant_status(rc);
}

static forced_inline void side_put(const struct copy_side *s, bool write)
{
    if (write)
        frame_put_type(s->frame);
    if (s->granter)
        grant_unpin(s->granter, s->ref, !write);
    else
        frame_put(s->frame);
}

static forced_inline int16_t copy_bytes(const struct copy_side *to, const struct copy_side *from,
                                        const struct gnttab_copy *op)
{
    if (op->source.offset + op->len > PAGE_SIZE || op->dest.offset + op->len > PAGE_SIZE)
        return GNTST_bad_copy_arg;
    memmove((char *)frame_virt(to->frame) + op->dest.offset,
            (char *)frame_virt(from->frame) + op->source.offset, op->len);
    return GNTST_okay;
}

int16_t grant_copy(struct domain *d, struct granter *source, struct granter *dest,
                   const struct gnttab_copy *op)
{
    struct copy_side from, to;
    int16_t status;

    status = side_take(d, source, &op->source, op->flags & GNTCOPY_source_gref, false, &from);
    if (status != GNTST_okay)
        return status;
    status = side_take(d, dest, &op->dest, op->flags & GNTCOPY_dest_gref, true, &to);
    if (status == GNTST_okay) {
        status = copy_bytes(&to, &from, op);
        side_put(&to, true);
    }
    side_put(&from, false);
    return status;
}
