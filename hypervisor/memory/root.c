/* Roots: which address space a vcpu runs in, and which CPUs may remember translations of whose domain. */
#include <xen/errno.h>
#include "boot/early.h"
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/frame-type.h"
#include "memory/pagetable.h"

/* The domain whose root each CPU has in CR3, NULL: the hypervisor's own. Written by that CPU only. */
static struct domain *loaded_domain[MAX_CPUS];
static _Atomic uint64_t guest_cpus;

uint64_t guest_root_cpus(void)
{
    return atomic_load(&guest_cpus);
}

void root_fill_hypervisor_slots(mfn_t l4)
{
    pte_t *own = frame_virt(hypervisor_root), *entries = frame_virt(l4);

    memcpy(&entries[HYPERVISOR_FIRST_SLOT], &own[HYPERVISOR_FIRST_SLOT],
           (HYPERVISOR_LAST_SLOT - HYPERVISOR_FIRST_SLOT + 1) * sizeof(pte_t));
}

static long take_root(struct domain *d, mfn_t l4)
{
    long rc;

    assert_held(&d->mmu_lock);
    if (!frame_get(l4.n, d->id))
        return refuse(-XEN_EINVAL, "root %lx is not the domain's", l4.n);
    rc = frame_get_type(l4, FRAME_L4);
    if (rc)
        frame_put(l4);
    return rc;
}

long vcpu_set_kernel_root(struct vcpu *v, mfn_t l4)
{
    mfn_t old = v->kernel_root;
    long rc = take_root(v->domain, l4);

    if (rc)
        return rc;
    v->kernel_root = l4;
    if (v == current)
        vcpu_load_root(v);
    if (old.n)
        frame_put_both(old);
    return 0;
}

long vcpu_set_user_root(struct vcpu *v, mfn_t l4)
{
    mfn_t old = v->user_root;
    long rc = l4.n ? take_root(v->domain, l4) : 0;

    if (rc)
        return rc;
    v->user_root = l4;
    if (v == current && !v->kernel_mode)
        vcpu_load_root(v);
    if (old.n)
        frame_put_both(old);
    return 0;
}

void vcpu_drop_roots(struct vcpu *v)
{
    assert_held(&v->domain->mmu_lock);
    if (v->kernel_root.n)
        frame_put_both(v->kernel_root);
    if (v->user_root.n)
        frame_put_both(v->user_root);
    v->kernel_root = v->user_root = mfn(0);
}

void vcpu_load_root(struct vcpu *v)
{
    struct cpu_info *info = this_cpu();
    struct domain *d = v ? v->domain : NULL, *was = loaded_domain[info->id];
    mfn_t root = v ? (v->kernel_mode ? v->kernel_root : v->user_root) : hypervisor_root;
    uint64_t bit = 1UL << info->id;

    /* Announced before the first translation can be made, withdrawn after the last one is gone. */
    if (d != was) {
        if (d) {
            atomic_fetch_or(&d->tlb_mask, bit);
            atomic_fetch_or(&guest_cpus, bit);
        }
        loaded_domain[info->id] = d;
    }
    info->cpu->root = root;
    __asm__ volatile("mov %0, %%cr3" : : "r"(root.n << PAGE_SHIFT) : "memory");
    if (d != was && was)
        atomic_fetch_and(&was->tlb_mask, ~bit);
    if (!d)
        atomic_fetch_and(&guest_cpus, ~bit);
}
