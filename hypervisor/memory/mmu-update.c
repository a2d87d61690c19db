/* mmu_update and update_va_mapping: guests change their page tables. */
#include <xen/errno.h>
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/foreign.h"
#include "memory/frame-type.h"
#include "memory/guest-access.h"
#include "memory/m2p.h"
#include "memory/pagetable.h"
#include "memory/tlb.h"

/* The frame is no table: it is written like any memory of its owner. */
static long write_plain(mfn_t m, unsigned int index, uint64_t value, domid_t owner)
{
    long rc;

    if (!frame_get(m.n, owner))
        return refuse(-XEN_EINVAL, "mmu_update: frame %lx is not one of d%d", m.n, owner);
    rc = frame_get_writable(m, true);
    if (rc == -XEN_EBUSY)
        rc = -XEN_EINVAL;
    if (rc == 0) {
        ((_Atomic uint64_t *)frame_virt(m))[index] = value;
        frame_put_type(m);
    }
    frame_put(m);
    return rc;
}

/* A table of its own, as far as counts tell. What is refused there is tried as a plain write: if idle
 * tables alone hold the frame, then it is no table for its domain. */
static long update_table(struct domain *pt, mfn_t m, unsigned int index, uint64_t val, bool keep_ad,
                         const struct pte_rights *rights)
{
    unsigned int level = type_of(frame_of(m)->type) - FRAME_L1 + 1;
    long rc = pte_write(pt, m, level, index, val, NULL, keep_ad, rights), plain;

    if (likely(rc == 0) || rc == -ERESTART)
        return rc;
    plain = write_plain(m, index, val, pt->id);
    return plain == 0 || plain == -ERESTART ? plain : rc;
}

/* pt->mmu_lock held, which keeps a table that is in use from becoming anything else. */
static long update_entry(struct domain *pt, uint64_t ptr, uint64_t val, bool keep_ad,
                         const struct pte_rights *rights)
{
    mfn_t m = mfn(ptr >> PAGE_SHIFT);
    unsigned int index = (ptr & (PAGE_SIZE - 1)) / sizeof(pte_t);
    struct frame *f = frame_lookup(m.n);
    uint64_t type;

    if (unlikely(!f))
        return refuse(-XEN_EINVAL, "mmu_update: no frame %lx", m.n);
    type = f->type;
    if (likely(type_is_table(type_of(type)) && (type & TYPE_VALIDATED) && (type & TYPE_COUNT_MASK) &&
               ref_owner(f->ref) == pt->id))
        return update_table(pt, m, index, val, keep_ad, rights);
    return write_plain(m, index, val, pt->id);
}

static long update_m2p(uint64_t ptr, uint64_t pfn, domid_t owner)
{
    uint64_t n = ptr >> PAGE_SHIFT;

    if (!frame_get(n, owner))
        return refuse(-XEN_EINVAL, "mmu_update: frame %lx is not one of d%d", n, owner);
    m2p_set(mfn(n), pfn);
    frame_put(mfn(n));
    return 0;
}

static long update_one(struct domain *pt, const struct mmu_update *req, const struct pte_rights *rights)
{
    unsigned int cmd = req->ptr & (sizeof(pte_t) - 1);
    uint64_t ptr = req->ptr & ~(sizeof(pte_t) - 1);

    if (cmd > MMU_PT_UPDATE_NO_TRANSLATE)
        return refuse(-XEN_ENOSYS, "mmu_update: command %u", cmd);
    if (cmd == MMU_MACHPHYS_UPDATE)
        return update_m2p(ptr, req->val,
                          rights->foreign == DOMID_SELF ? current->domain->id : rights->foreign);
    return update_entry(pt, ptr, req->val, cmd == MMU_PT_UPDATE_PRESERVE_AD, rights);
}

#define BATCH 32    /* requests between two looks at the clock */

static long update_batch(struct domain *pt, guest_addr_t reqs, uint32_t count,
                         const struct pte_rights *rights, uint64_t *done)
{
    long rc = 0;

    spin_lock(&pt->mmu_lock);
    while (*done < count) {
        struct mmu_update req;

        if (unlikely(copy_from_guest_index(&req, reqs, *done)))
            rc = refuse(-XEN_EFAULT, "mmu_update: request %lu", *done);
        else
            rc = update_one(pt, &req, rights);
        if (unlikely(rc))
            break;
        ++*done;
        if (unlikely(*done % BATCH == 0) && preempt_check()) {
            rc = *done < count ? -ERESTART : 0;
            break;
        }
    }
    spin_unlock(&pt->mmu_lock);
    return rc;
}

long hypercall_mmu_update(guest_addr_t reqs, uint32_t count, guest_addr_t done, uint32_t foreigndom)
{
    struct continuation *c = &current->continuation;
    struct domain *pt = current->domain;
    struct pte_rights rights = { .foreign = DOMID_SELF };
    struct foreign f;
    uint32_t total;
    long rc;

    if (!guest_range_ok(reqs.a, 1))
        return refuse(-XEN_EFAULT, "mmu_update: requests at %lx", reqs.a);
    if (foreigndom != DOMID_SELF) {
        rc = foreign_get_other(foreigndom, &f);
        if (rc)
            return rc;
        pt = f.table_owner;
        rights.foreign = f.frame_owner;
    }
    rc = update_batch(pt, reqs, count, &rights, &c->done);
    if (foreigndom != DOMID_SELF)
        foreign_put(&f);
    if (rc == -ERESTART)
        return rc;
    total = (uint32_t)c->done;
    /* As on Xen, a count that cannot be stored is the guest's loss: what was done is done. */
    if (done.a && copy_to_guest(done, &total, sizeof(total)))
        (void)refuse(-XEN_EFAULT, "mmu_update: count of done requests");
    return rc;
}

/* The flush that update_va_mapping asks for. */
static long flush_after(struct vcpu *v, uint64_t va, uint64_t flags)
{
    uint64_t mask;
    long rc;

    switch (flags & UVMF_FLUSHTYPE_MASK) {
    case UVMF_TLB_FLUSH:
    case UVMF_INVLPG:
        break;
    default:
        return 0;
    }
    switch (flags & ~UVMF_FLUSHTYPE_MASK) {
    case UVMF_LOCAL:
        mask = 1UL << cpu_id();
        break;
    case UVMF_ALL:
        mask = v->domain->tlb_mask;
        break;
    default:
        rc = tlb_mask_of_vcpus(v->domain, guest_addr(flags & ~UVMF_FLUSHTYPE_MASK), &mask);
        if (rc)
            return -XEN_EFAULT;
    }
    if ((flags & UVMF_FLUSHTYPE_MASK) == UVMF_INVLPG && mask == 1UL << cpu_id())
        tlb_flush_address(va);
    else
        cpu_flush_tlb(mask);
    return 0;
}

static long update_va(struct vcpu *v, uint64_t va, uint64_t val, uint64_t flags,
                      const struct pte_rights *rights)
{
    struct domain *d = v->domain;
    unsigned int index;
    mfn_t table;
    long rc;

    if (!guest_range_ok(va, 1))
        return refuse(-XEN_EINVAL, "update_va_mapping: %lx is not the guest's", va);
    spin_lock(&d->mmu_lock);
    if (walk_to_l1(v->kernel_root, va, &table, &index))
        rc = pte_write(d, table, 1, index, val, NULL, false, rights);
    else
        rc = refuse(-XEN_EINVAL, "update_va_mapping: no level 1 table for %lx", va);
    spin_unlock(&d->mmu_lock);
    return rc || !flags ? rc : flush_after(v, va, flags);
}

long hypercall_update_va_mapping(uint64_t va, uint64_t val, uint64_t flags)
{
    return update_va(current, va, val, flags, NULL);
}

long hypercall_update_va_mapping_otherdomain(uint64_t va, uint64_t val, uint64_t flags, domid_t domid)
{
    struct foreign f;
    struct pte_rights rights = { 0 };
    long rc = domid == DOMID_IO && !current->domain->control ? -XEN_EPERM : foreign_get_other(domid, &f);

    if (rc)
        return rc;
    rights.foreign = f.frame_owner;
    rc = update_va(current, va, val, flags, &rights);
    foreign_put(&f);
    return rc;
}
