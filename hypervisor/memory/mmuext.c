/* mmuext_op: pins, roots, flushes, LDT, page clearing. */
#include <xen/errno.h>
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/descriptors.h"
#include "memory/foreign.h"
#include "memory/frame-type.h"
#include "memory/guest-access.h"
#include "memory/pagetable.h"
#include "memory/tlb.h"

long tlb_mask_of_vcpus(struct domain *d, guest_addr_t bitmap, uint64_t *mask)
{
    uint32_t bits = 0;

    *mask = 0;
    if (copy_from_guest(&bits, bitmap, DIV_ROUND_UP(d->vcpu_count, 8U)))
        return refuse(-XEN_EINVAL, "vcpu mask");
    for (unsigned int i = 0; i < d->vcpu_count; i++)
        if ((bits & (1U << i)) && d->vcpus[i]->sched.running)
            *mask |= 1UL << d->vcpus[i]->sched.cpu;
    *mask &= atomic_load(&d->tlb_mask);
    return 0;
}

void tlb_flush_address(uint64_t va)
{
    if (is_canonical(va) && (va < HYPERVISOR_START || va >= HYPERVISOR_END))
        __asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

static long pin(struct domain *d, uint64_t n, enum frame_type t)
{
    struct frame *f;
    long rc;

    if (!frame_get(n, d->id))
        return refuse(-XEN_EINVAL, "pin: frame %lx is not one of d%d", n, d->id);
    f = frame_of(mfn(n));
    spin_lock(&d->mmu_lock);
    /* The control domain may ask for others: of one that ends nothing would take the pin away. */
    rc = d->dying ? refuse(-XEN_EINVAL, "pin: d%d is being destroyed", d->id) : frame_get_type(mfn(n), t);
    if (rc == 0 && (f->type & TYPE_PINNED)) {
        frame_put_type(mfn(n));
        rc = refuse(-XEN_EINVAL, "pin: frame %lx is pinned already", n);
    } else if (rc == 0) {
        atomic_fetch_or(&f->type, TYPE_PINNED);
    }
    spin_unlock(&d->mmu_lock);
    if (rc)
        frame_put(mfn(n));
    return rc;
}

long frame_unpin(struct domain *d, mfn_t m)
{
    struct frame *f = frame_of(m);

    assert_held(&d->mmu_lock);
    if (!(f->type & TYPE_PINNED))
        return refuse(-XEN_EINVAL, "unpin: frame %lx is not pinned", m.n);
    atomic_fetch_and(&f->type, ~TYPE_PINNED);
    frame_put_both(m);
    return 0;
}

static long unpin(struct domain *d, uint64_t n)
{
    long rc;

    if (!frame_get(n, d->id))
        return refuse(-XEN_EINVAL, "unpin: frame %lx is not one of d%d", n, d->id);
    spin_lock(&d->mmu_lock);
    rc = frame_unpin(d, mfn(n));
    spin_unlock(&d->mmu_lock);
    frame_put(mfn(n));
    return rc;
}

static long set_root(struct vcpu *v, uint64_t n, bool user)
{
    struct domain *d = v->domain;
    long rc;

    if (!user && mfn_eq(v->kernel_root, mfn(n))) {
        vcpu_load_root(v);      /* the same one: a flush */
        return 0;
    }
    spin_lock(&d->mmu_lock);
    rc = user ? vcpu_set_user_root(v, mfn(n)) : vcpu_set_kernel_root(v, mfn(n));
    spin_unlock(&d->mmu_lock);
    return rc == -XEN_EBUSY ? -XEN_EINVAL : rc;
}

static long set_ldt(struct vcpu *v, uint64_t base, uint64_t entries)
{
    long rc;

    spin_lock(&v->domain->mmu_lock);
    rc = vcpu_set_ldt(v, base, entries);
    spin_unlock(&v->domain->mmu_lock);
    return rc;
}

static long flush_vcpus(struct domain *d, const struct mmuext_op *op, bool one_address)
{
    uint64_t mask;
    long rc = tlb_mask_of_vcpus(d, guest_ptr(op->arg2.vcpumask.p), &mask);

    if (rc)
        return rc;
    if (one_address && mask == 1UL << cpu_id())
        tlb_flush_address(op->arg1.linear_addr);
    else
        cpu_flush_tlb(mask);
    return 0;
}

static long clear_or_copy(struct domain *d, uint64_t to, const uint64_t *from)
{
    long rc;

    if (!frame_get(to, d->id))
        return refuse(-XEN_EINVAL, "page %lx is not one of d%d", to, d->id);
    if (from && !frame_get(*from, d->id)) {
        frame_put(mfn(to));
        return refuse(-XEN_EINVAL, "page %lx is not one of d%d", *from, d->id);
    }
    rc = frame_get_writable(mfn(to), false);
    if (rc == -XEN_EBUSY)
        rc = -XEN_EINVAL;
    if (rc == 0) {
        if (from)
            memcpy(frame_virt(mfn(to)), frame_virt(mfn(*from)), PAGE_SIZE);
        else
            memset(frame_virt(mfn(to)), 0, PAGE_SIZE);
        frame_put_type(mfn(to));
    }
    if (from)
        frame_put(mfn(*from));
    frame_put(mfn(to));
    return rc;
}

static bool concerns_vcpu(unsigned int cmd)
{
    return cmd > MMUEXT_UNPIN_TABLE && cmd <= MMUEXT_UNMARK_SUPER && cmd != MMUEXT_CLEAR_PAGE &&
           cmd != MMUEXT_COPY_PAGE;
}

/* owner: of the frames; NULL: they are devices'. */
static long mmuext_one(struct vcpu *v, struct domain *owner, const struct mmuext_op *op)
{
    struct domain *d = v->domain;

    /* What concerns the calling vcpu can't be done to another domain; devices have no tables. */
    if (owner != d && concerns_vcpu(op->cmd))
        return refuse(-XEN_EPERM, "mmuext_op %u for another domain", op->cmd);
    if (!owner && op->cmd <= MMUEXT_UNMARK_SUPER)
        return refuse(-XEN_EINVAL, "mmuext_op %u for devices", op->cmd);
    switch (op->cmd) {
    case MMUEXT_PIN_L1_TABLE:
    case MMUEXT_PIN_L2_TABLE:
    case MMUEXT_PIN_L3_TABLE:
    case MMUEXT_PIN_L4_TABLE:
        return pin(owner, op->arg1.mfn, FRAME_L1 + (op->cmd - MMUEXT_PIN_L1_TABLE));
    case MMUEXT_UNPIN_TABLE:
        return unpin(owner, op->arg1.mfn);
    case MMUEXT_NEW_BASEPTR:
        return set_root(v, op->arg1.mfn, false);
    case MMUEXT_NEW_USER_BASEPTR:
        return set_root(v, op->arg1.mfn, true);
    case MMUEXT_TLB_FLUSH_LOCAL:
        cpu_flush_tlb_local();
        return 0;
    case MMUEXT_INVLPG_LOCAL:
        tlb_flush_address(op->arg1.linear_addr);
        return 0;
    case MMUEXT_TLB_FLUSH_MULTI:
    case MMUEXT_INVLPG_MULTI:
        return flush_vcpus(d, op, op->cmd == MMUEXT_INVLPG_MULTI);
    case MMUEXT_TLB_FLUSH_ALL:
    case MMUEXT_INVLPG_ALL:
        cpu_flush_tlb(d->tlb_mask);
        return 0;
    case MMUEXT_SET_LDT:
        return set_ldt(v, op->arg1.linear_addr, op->arg2.nr_ents);
    case MMUEXT_CLEAR_PAGE:
        return clear_or_copy(owner, op->arg1.mfn, NULL);
    case MMUEXT_COPY_PAGE: {
        uint64_t from = op->arg2.src_mfn;

        return clear_or_copy(owner, op->arg1.mfn, &from);
    }
    case MMUEXT_FLUSH_CACHE:
    case MMUEXT_FLUSH_CACHE_GLOBAL:
        return refuse(d->control || op->cmd == MMUEXT_FLUSH_CACHE ? -XEN_EACCES : -XEN_EINVAL,
                      "cache flush without a device");
    case MMUEXT_MARK_SUPER:
    case MMUEXT_UNMARK_SUPER:
        return refuse(-XEN_EOPNOTSUPP, "superpages");
    default:
        return refuse(-XEN_ENOSYS, "mmuext_op %u", op->cmd);
    }
}

long hypercall_mmuext_op(guest_addr_t ops, uint32_t count, guest_addr_t done, uint32_t foreigndom)
{
    struct vcpu *v = current;
    struct continuation *c = &v->continuation;
    struct foreign f;
    struct domain *owner = v->domain;
    domid_t id = (domid_t)foreigndom;
    uint32_t total;
    long rc = 0;

    if (!guest_range_ok(ops.a, 1))
        return refuse(-XEN_EFAULT, "mmuext_op: operations at %lx", ops.a);
    if (id != DOMID_SELF) {
        rc = id == DOMID_IO && !owner->control ? -XEN_EPERM : foreign_get_other(id, &f);
        if (rc)
            return rc;
        owner = f.frames;
    }
    while (rc == 0 && c->done < count) {
        struct mmuext_op op;

        if (copy_from_guest_index(&op, ops, c->done))
            rc = refuse(-XEN_EFAULT, "mmuext_op: request %lu", c->done);
        else
            rc = mmuext_one(v, owner, &op);
        if (rc == 0 && ++c->done < count && preempt_check())
            rc = -ERESTART;
    }
    if (id != DOMID_SELF)
        foreign_put(&f);
    if (rc == -ERESTART)
        return rc;
    total = (uint32_t)c->done;
    if (done.a && copy_to_guest(done, &total, sizeof(total)))
        (void)refuse(-XEN_EFAULT, "mmuext_op: count of done requests");    /* as for mmu_update */
    return rc;
}
