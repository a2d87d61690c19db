/* Grant copy: bytes between two frames, each named by a grant or (one's own) by its number. Each side is pinned, referenced, and
 * referenced as writable where it is written; then copied; then let go in the opposite order. */
#include <xen/errno.h>
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "grant/table.h"
#include "lib/lib.h"

struct copy_side {
    struct domain *granter;     /* NULL: one's own frame */
    grant_ref_t ref;
    mfn_t frame;
    bool write;
};

static int16_t side_take_grant(struct domain *d, domid_t domid, struct copy_side *s)
{
    int16_t status;

    s->granter = domain_find(domid);
    if (!s->granter)
        return GNTST_bad_domain;
    status = grant_pin(s->granter, s->ref, d->id, !s->write, &s->frame);
    if (status != GNTST_okay)
        domain_put(s->granter);
    return status;
}

static void side_put_frame(struct copy_side *s)
{
    if (!s->granter) {
        frame_put(s->frame);
        return;
    }
    grant_unpin(s->granter, s->ref, !s->write);
    domain_put(s->granter);
}

static int16_t side_take(struct domain *d, domid_t domid, uint64_t gmfn, bool is_grant, struct copy_side *s)
{
    int16_t status;
    long rc;

    if (is_grant) {
        status = side_take_grant(d, domid, s);
        if (status != GNTST_okay)
            return status;
    } else {
        if (domid != DOMID_SELF && domid != d->id)
            return GNTST_permission_denied;
        s->frame = mfn(gmfn);
        if (!frame_get(gmfn, d->id))
            return GNTST_bad_page;
    }
    rc = s->write ? frame_get_writable(s->frame, false) : 0;
    if (rc)
        side_put_frame(s);
    return grant_status(rc);
}

static void side_put(struct copy_side *s)
{
    if (s->write)
        frame_put_type(s->frame);
    side_put_frame(s);
}

int16_t grant_copy(struct domain *d, const struct gnttab_copy *op)
{
    struct copy_side from = { .ref = op->source.u.ref }, to = { .ref = op->dest.u.ref, .write = true };
    int16_t status;

    if (op->source.offset + op->len > PAGE_SIZE || op->dest.offset + op->len > PAGE_SIZE)
        return GNTST_bad_copy_arg;
    if (op->flags & ~(GNTCOPY_source_gref | GNTCOPY_dest_gref))
        return GNTST_bad_copy_arg;
    status = side_take(d, op->source.domid, op->source.u.gmfn, op->flags & GNTCOPY_source_gref, &from);
    if (status != GNTST_okay)
        return status;
    status = side_take(d, op->dest.domid, op->dest.u.gmfn, op->flags & GNTCOPY_dest_gref, &to);
    if (status == GNTST_okay) {
        memmove((char *)frame_virt(to.frame) + op->dest.offset, (char *)frame_virt(from.frame) + op->source.offset, op->len);
        side_put(&to);
    }
    side_put(&from);
    return status;
}
