/* Mapping grants. A mapping is a pin of the granter's entry, a handle of the mapper, and a
 * page-table entry of the mapper, which pte_write sets and clears and which holds references of its
 * own. Order of an unmap: entry, TLB, pin. */
#include <xen/errno.h>
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "grant/table.h"
#include "lib/lib.h"
#include "memory/guest-access.h"
#include "memory/pagetable.h"

static bool take_handle(struct grant_table *t, uint32_t *handle)
{
    spin_lock(&t->maptrack_lock);
    *handle = t->free_handle;
    if (*handle != UINT32_MAX)
        t->free_handle = t->handles[*handle].ref;
    spin_unlock(&t->maptrack_lock);
    return *handle != UINT32_MAX;
}

static void give_handle(struct grant_table *t, uint32_t handle)
{
    spin_lock(&t->maptrack_lock);
    t->handles[handle] = (struct maptrack){ .ref = t->free_handle };
    t->free_handle = handle;
    spin_unlock(&t->maptrack_lock);
}

static bool walk_kernel(struct vcpu *v, uint64_t va, mfn_t *table, unsigned int *index)
{
    return guest_range_ok(va, 1) && walk_to_l1(v->kernel_root, va, table, index);
}

/* The entry that a mapping is about: of the virtual address, or named itself
 * by machine address. mmu_lock held. */
static bool find_entry(struct domain *d, uint64_t where, bool entry, mfn_t *table, unsigned int *index)
{
    struct frame *f;

    if (!entry)
        return walk_kernel(d == current->domain ? current : d->vcpus[0], where, table, index);
    f = frame_lookup(where >> PAGE_SHIFT);
    if (!f || (where & 7) || ref_owner(f->ref) != d->id || type_of(f->type) != FRAME_L1 ||
        !(f->type & TYPE_VALIDATED) || !(f->type & TYPE_COUNT_MASK))
        return false;
    *table = mfn(where >> PAGE_SHIFT);
    *index = (where & (PAGE_SIZE - 1)) / 8;
    return true;
}

static pte_t entry_value(mfn_t frame, bool readonly, uint32_t flags)
{
    pte_t avail = (pte_t)(flags >> _GNTMAP_guest_avail0) << 9 & PTE_AVAIL;

    return pte_make(frame, PTE_PRESENT | PTE_USER | PTE_ACCESSED | PTE_NX |
                               (readonly ? 0 : PTE_RW | PTE_DIRTY) | avail);
}

static int16_t set_entry(struct domain *d, struct domain *granter, mfn_t frame,
                         const struct gnttab_map_grant_ref *op)
{
    bool readonly = op->flags & GNTMAP_readonly;
    struct pte_rights rights = { .foreign = granter == d ? DOMID_SELF : granter->id, .grant = true,
                                 .grant_writable = !readonly };
    unsigned int index;
    mfn_t table;
    long rc;

    spin_lock(&d->mmu_lock);
    if (find_entry(d, op->host_addr, op->flags & GNTMAP_contains_pte, &table, &index))
        rc = pte_write(d, table, 1, index, entry_value(frame, readonly, op->flags), NULL, false, &rights);
    else
        rc = -XEN_EFAULT;
    spin_unlock(&d->mmu_lock);
    return grant_status(rc);
}

/* A frame that was a page table of the granter's, and idles, becomes plain memory
 * here, where no other lock is held. */
static int16_t map_pinned(struct domain *d, struct domain *granter, mfn_t frame,
                          const struct gnttab_map_grant_ref *op)
{
    bool readonly = op->flags & GNTMAP_readonly;
    long rc = readonly ? 0 : frame_get_writable(frame, false);
    int16_t status;

    if (rc)
        return grant_status(rc);
    status = set_entry(d, granter, frame, op);
    if (!readonly)
        frame_put_type(frame);
    return status;
}

/* The pin and the page-table entry. */
static int16_t establish(struct domain *d, struct domain *granter, const struct gnttab_map_grant_ref *op,
                         mfn_t *frame)
{
    bool readonly = op->flags & GNTMAP_readonly;
    int16_t status = grant_pin(granter, op->ref, d->id, readonly, frame);

    if (status != GNTST_okay)
        return status;
    status = map_pinned(d, granter, *frame, op);
    if (status != GNTST_okay)
        grant_unpin(granter, op->ref, readonly);
    return status;
}

int16_t grant_map(struct domain *d, struct granter *g, struct gnttab_map_grant_ref *op)
{
    struct domain *granter;
    uint32_t handle;
    int16_t status;
    mfn_t frame;

    /* A device's own view needs an IOMMU; here a device sees what a CPU sees,
     * so GNTMAP_device_map adds nothing. */
    if (!(op->flags & GNTMAP_host_map))
        return GNTST_bad_gntref;
    granter = op->dom == DOMID_SELF ? NULL : granter_find(g, op->dom);
    if (!granter)
        return GNTST_bad_domain;
    if (!take_handle(d->grants, &handle))
        return GNTST_no_space;
    status = establish(d, granter, op, &frame);
    if (status != GNTST_okay) {
        give_handle(d->grants, handle);
        return status;
    }
    domain_get(granter);        /* given back with the handle */
    spin_lock(&d->grants->maptrack_lock);
    d->grants->handles[handle] = (struct maptrack){
        .ref = op->ref, .granter = granter->id, .host_addr = op->host_addr,
        .flags = MAP_USED | (op->flags & GNTMAP_readonly ? MAP_READONLY : 0) |
                 (op->flags & GNTMAP_contains_pte ? MAP_ENTRY : 0),
    };
    spin_unlock(&d->grants->maptrack_lock);
    op->handle = handle;
    op->dev_bus_addr = frame.n << PAGE_SHIFT;
    return GNTST_okay;
}

/* Takes the mapping's record away so that nobody else unmaps it meanwhile. */
static bool claim_handle(struct grant_table *t, grant_handle_t handle, struct maptrack *m)
{
    bool used;

    if (handle >= t->handle_count)
        return false;
    spin_lock(&t->maptrack_lock);
    *m = t->handles[handle];
    used = m->flags & MAP_USED;
    t->handles[handle].flags = 0;
    spin_unlock(&t->maptrack_lock);
    return used;
}

static void restore_handle(struct grant_table *t, grant_handle_t handle, const struct maptrack *m)
{
    spin_lock(&t->maptrack_lock);
    t->handles[handle] = *m;
    spin_unlock(&t->maptrack_lock);
}

/* Replaces the mapping's entry, if it still is what was mapped, by nothing or by the entry of another
 * address, which is cleared. */
static int16_t clear_entry(struct domain *d, const struct maptrack *m, uint64_t host_addr, mfn_t frame,
                           uint64_t replace_from)
{
    const uint64_t ignore = PTE_ACCESSED | PTE_DIRTY | PTE_GLOBAL | PTE_AVAIL | PTE_AVAIL_HIGH | PTE_NX;
    pte_t want = entry_value(frame, m->flags & MAP_READONLY, 0), now, by = 0;
    unsigned int index, from_index = 0;
    mfn_t table, from_table = MFN_NONE;
    long rc;

    if (!find_entry(d, host_addr, m->flags & MAP_ENTRY, &table, &index))
        return GNTST_general_error;
    now = ((const volatile pte_t *)frame_virt(table))[index];
    if ((now ^ want) & ~ignore)
        return GNTST_general_error;
    if (replace_from) {
        if (!find_entry(d, replace_from, false, &from_table, &from_index))
            return GNTST_general_error;
        by = ((const volatile pte_t *)frame_virt(from_table))[from_index];
    }
    rc = pte_write(d, table, 1, index, by, NULL, false, NULL);
    if (rc)
        return grant_status(rc);
    if (replace_from && pte_write(d, from_table, 1, from_index, 0, NULL, false, NULL))
        return GNTST_general_error;
    return GNTST_okay;
}

int16_t grant_unmap_begin(struct domain *d, uint64_t host_addr, grant_handle_t handle, uint64_t replace_from,
                          struct unmapping *u)
{
    int16_t status;
    mfn_t frame;

    if (!claim_handle(d->grants, handle, &u->record))
        return GNTST_bad_handle;
    if (host_addr == 0) {       /* of a mapping's two halves, host and device, none: all stays */
        restore_handle(d->grants, handle, &u->record);
        return GNTST_okay;
    }
    u->handle = handle;
    u->granter = domain_by_owner(u->record.granter);    /* the handle holds a reference */
    frame = grant_pinned_frame(u->granter, u->record.ref);
    spin_lock(&d->mmu_lock);
    status = clear_entry(d, &u->record, host_addr, frame, replace_from);
    spin_unlock(&d->mmu_lock);
    if (status != GNTST_okay)
        restore_handle(d->grants, handle, &u->record);
    return status;
}

void grant_unmap_end(struct domain *d, const struct unmapping *u)
{
    grant_unpin(u->granter, u->record.ref, u->record.flags & MAP_READONLY);
    give_handle(d->grants, u->handle);
    domain_put(u->granter);
}

/* What a dying domain has mapped: its page tables go on their own; here the pins go. */
long grant_teardown(struct domain *d)
{
    struct grant_table *t = d->grants;

    while (t->teardown_handle < t->handle_count) {
        struct unmapping u = { .handle = t->teardown_handle++ };

        if (claim_handle(t, u.handle, &u.record)) {
            u.granter = domain_by_owner(u.record.granter);
            grant_unmap_end(d, &u);
        }
        if (t->teardown_handle % 32 == 0 && preempt_check())
            return -ERESTART;
    }
    return 0;
}
