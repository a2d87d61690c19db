/* grant_table_op: batches. Each element is copied in once, its status written exactly once; between
 * elements the call may stop and go on later. */
#include <xen/errno.h>
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "grant/table.h"
#include "lib/lib.h"
#include "memory/guest-access.h"

#define UNMAP_BATCH 16      /* unmappings that share a flush */
#define COMMAND_MASK 0xfffu /* higher bits of a command are no guest's to use */

/* True when the batch shall stop here and go on later. */
static inline bool pause_batch(struct continuation *c, uint32_t count)
{
    uint64_t done = ++c->done;

    return done < count && preempt_check_after(done);
}

static long map_elements(struct domain *d, struct granter *g, guest_addr_t args, uint32_t count)
{
    struct continuation *c = &current->continuation;

    while (c->done < count) {
        struct gnttab_map_grant_ref op;

        if (copy_from_guest_index(&op, args, c->done))
            return refuse(-XEN_EFAULT, "map_grant_ref %lu", c->done);
        op.status = grant_map(d, g, &op);
        if (op.status == GRANT_RESTART)
            return -ERESTART;
        if (copy_to_guest_index(args, c->done, &op))
            return refuse(-XEN_EFAULT, "map_grant_ref %lu: result", c->done);
        if (pause_batch(c, count))
            return -ERESTART;
    }
    return 0;
}

static long map_batch(struct domain *d, guest_addr_t args, uint32_t count)
{
    struct granter g = { 0 };
    long rc = map_elements(d, &g, args, count);

    granter_drop(&g);
    return rc;
}

static void end_unmappings(struct domain *d, struct unmapping *batch, unsigned int *n)
{
    if (*n)
        cpu_flush_tlb(atomic_load(&d->tlb_mask));
    for (unsigned int i = 0; i < *n; i++)
        grant_unmap_end(d, &batch[i]);
    *n = 0;
}

/* What the two unmapping operations have in common. */
struct unmap_request { uint64_t host_addr, replace_from; grant_handle_t handle; };

static bool fetch_unmap(uint32_t cmd, guest_addr_t args, uint64_t i, struct unmap_request *r)
{
    struct gnttab_unmap_grant_ref u;
    struct gnttab_unmap_and_replace x;

    if (cmd == GNTTABOP_unmap_grant_ref) {
        if (copy_from_guest_index(&u, args, i))
            return false;
        *r = (struct unmap_request){ .host_addr = u.host_addr, .handle = u.handle };
        return true;
    }
    if (copy_from_guest_index(&x, args, i))
        return false;
    *r = (struct unmap_request){ .host_addr = x.host_addr, .replace_from = x.new_addr, .handle = x.handle };
    return true;
}

static bool store_unmap_status(uint32_t cmd, guest_addr_t args, uint64_t i, int16_t status)
{
    bool plain = cmd == GNTTABOP_unmap_grant_ref;
    size_t size = plain ? sizeof(struct gnttab_unmap_grant_ref) : sizeof(struct gnttab_unmap_and_replace);
    size_t offset = plain ? offsetof(struct gnttab_unmap_grant_ref, status)
                          : offsetof(struct gnttab_unmap_and_replace, status);

    return copy_to_guest(guest_add(args, i * size + offset), &status, sizeof(status)) == 0;
}

static long unmap_batch(struct domain *d, uint32_t cmd, guest_addr_t args, uint32_t count)
{
    struct continuation *c = &current->continuation;
    struct unmapping batch[UNMAP_BATCH];
    unsigned int n = 0;
    long rc = 0;

    while (rc == 0 && c->done < count) {
        struct unmap_request r;
        int16_t status;

        if (!fetch_unmap(cmd, args, c->done, &r)) {
            rc = refuse(-XEN_EFAULT, "unmap_grant_ref %lu", c->done);
            break;
        }
        status = grant_unmap_begin(d, r.host_addr, r.handle, r.replace_from, &batch[n]);
        n += status == GNTST_okay && r.host_addr != 0;
        if (status == GRANT_RESTART)
            rc = -ERESTART;
        else if (!store_unmap_status(cmd, args, c->done, status))
            rc = refuse(-XEN_EFAULT, "unmap_grant_ref %lu: result", c->done);
        else if (pause_batch(c, count))
            rc = -ERESTART;
        if (n == UNMAP_BATCH)
            end_unmappings(d, batch, &n);
    }
    end_unmappings(d, batch, &n);
    return rc;
}

static long copy_elements(struct domain *d, struct granter *source, struct granter *dest, guest_addr_t args,
                          uint32_t count)
{
    struct continuation *c = &current->continuation;

    while (c->done < count) {
        guest_addr_t at = guest_element(args, c->done, sizeof(struct gnttab_copy));
        struct gnttab_copy op;
        int16_t status;

        if (copy_from_guest(&op, at, sizeof(op)))
            return refuse(-XEN_EFAULT, "copy %lu", c->done);
        status = grant_copy(d, source, dest, &op);
        if (status == GRANT_RESTART)
            return -ERESTART;
        if (copy_to_guest(guest_add(at, offsetof(struct gnttab_copy, status)), &status, sizeof(status)))
            return refuse(-XEN_EFAULT, "copy %lu: result", c->done);
        if (pause_batch(c, count))
            return -ERESTART;
    }
    return 0;
}

static long copy_batch(struct domain *d, guest_addr_t args, uint32_t count)
{
    struct granter source = { 0 }, dest = { 0 };
    long rc = copy_elements(d, &source, &dest, args, count);

    granter_drop(&source);
    granter_drop(&dest);
    return rc;
}

/* A table of one's own, or of anybody for the control domain. Stores a domain with
 * a reference, or gives the status. */
static int16_t table_of(domid_t id, struct domain **d)
{
    struct domain *self = current->domain;

    *d = NULL;
    if (id != DOMID_SELF && id != self->id && !self->control)
        return GNTST_permission_denied;
    *d = domain_find(id);
    return *d ? GNTST_okay : GNTST_bad_domain;
}

static int16_t show_table(struct domain *d, const struct gnttab_setup_table *op)
{
    if (d->dying || op->nr_frames > grant_frames(d))
        return GNTST_general_error;
    for (uint32_t i = 0; i < op->nr_frames; i++) {
        uint64_t frame;

        if (!grant_shared_frame(d, i, &frame))
            return GNTST_general_error;
        if (copy_to_guest_index(guest_ptr(op->frame_list.p), i, &frame))
            return GNTST_bad_virt_addr;
    }
    return GNTST_okay;
}

static long setup_table(guest_addr_t arg, uint32_t count)
{
    struct gnttab_setup_table op;
    struct domain *d;

    if (count != 1)
        return refuse(-XEN_EINVAL, "setup_table: %u at once", count);
    if (copy_from_guest(&op, arg, sizeof(op)))
        return refuse(-XEN_EFAULT, "setup_table: argument");
    /* A list that can't be anybody's is the caller's mistake; one that faults is told in the status. */
    if (!guest_range_ok((uint64_t)(uintptr_t)op.frame_list.p, 1))
        return refuse(-XEN_EFAULT, "setup_table: list");
    op.status = table_of(op.dom, &d);
    if (d) {
        op.status = show_table(d, &op);
        domain_put(d);
    }
    return copy_to_guest(arg, &op, sizeof(op)) ? -XEN_EFAULT : 0;
}

static long query_size(guest_addr_t arg, uint32_t count)
{
    struct gnttab_query_size op;
    struct domain *d;

    if (count != 1)
        return refuse(-XEN_EINVAL, "query_size: %u at once", count);
    if (copy_from_guest(&op, arg, sizeof(op)))
        return refuse(-XEN_EFAULT, "query_size: argument");
    op.status = table_of(op.dom, &d);
    if (d) {
        op.nr_frames = op.max_nr_frames = grant_frames(d);  /* all are there from the start */
        domain_put(d);
    }
    return copy_to_guest(arg, &op, sizeof(op)) ? -XEN_EFAULT : 0;
}

/* There is version 1 only. The version in force is told back also where another one was refused. */
static long set_version(guest_addr_t arg)
{
    struct gnttab_set_version op;
    long rc;

    if (copy_from_guest(&op, arg, sizeof(op)))
        return refuse(-XEN_EFAULT, "set_version: argument");
    rc = op.version == 1
             ? 0
             : refuse(op.version == 2 ? -XEN_ENOSYS : -XEN_EINVAL, "grant table version %u", op.version);
    op.version = 1;
    return copy_to_guest(arg, &op, sizeof(op)) ? -XEN_EFAULT : rc;
}

static long get_version(guest_addr_t arg)
{
    struct gnttab_get_version op;
    struct domain *d;
    int16_t status;

    if (copy_from_guest(&op, arg, sizeof(op)))
        return refuse(-XEN_EFAULT, "get_version: argument");
    status = table_of(op.dom, &d);
    if (status != GNTST_okay)
        return status == GNTST_bad_domain ? -XEN_ESRCH : -XEN_EPERM;
    domain_put(d);
    op.version = 1;
    return copy_to_guest(arg, &op, sizeof(op)) ? -XEN_EFAULT : 0;
}

long hypercall_grant_table_op(uint32_t cmd, guest_addr_t args, uint32_t count)
{
    struct domain *d = current->domain;

    if (count > INT32_MAX)
        return refuse(-XEN_EINVAL, "grant_table_op %u: %u elements", cmd, count);
    if (cmd & ~COMMAND_MASK)
        return refuse(-XEN_EINVAL, "grant_table_op %x", cmd);
    switch (cmd) {
    case GNTTABOP_map_grant_ref:
        return map_batch(d, args, count);
    case GNTTABOP_unmap_grant_ref:
    case GNTTABOP_unmap_and_replace:
        return unmap_batch(d, cmd, args, count);
    case GNTTABOP_copy:
        return copy_batch(d, args, count);
    case GNTTABOP_setup_table:
        return setup_table(args, count);
    case GNTTABOP_query_size:
        return query_size(args, count);
    case GNTTABOP_set_version:
        return set_version(args);
    case GNTTABOP_get_version:
        return get_version(args);
    default:
        return refuse(-XEN_ENOSYS, "grant_table_op %u", cmd);
    }
}
