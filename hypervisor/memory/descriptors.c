/* GDT and LDT of guests. Their frames have the type FRAME_SEGDESC, so no guest can write them; they show
 * through a window of the CPU that runs the vcpu. The window's page-table entries are written before the
 * root is loaded, which flushes it. */
#include <xen/errno.h>
#include <xen/xen.h>
#include "boot/early.h"
#include "boot/image.h"
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/descriptors.h"
#include "memory/frame-type.h"
#include "memory/guest-access.h"
#include "memory/pagetable.h"

#define DESC_PRESENT     (1UL << 47)
#define DESC_SEGMENT     (1UL << 44)    /* code or data; clear: system segment or gate */
#define DESC_DPL         (3UL << 45)
#define PER_PAGE         (PAGE_SIZE / 8)
#define GUEST_GDT_PAGES  FIRST_RESERVED_GDT_PAGE
#define LDT_PAGES        16

bool descriptor_allowed(uint64_t *descriptor)
{
    uint64_t d = *descriptor;

    if (!(d & DESC_PRESENT))
        return true;
    if (!(d & DESC_SEGMENT))
        return false;
    /* A conforming code segment of a lower level could be entered without changing
     * ring; at level 3 it means nothing. */
    *descriptor = d | DESC_DPL;
    return true;
}

long descriptors_validate(mfn_t m)
{
    uint64_t *desc = frame_virt(m);

    for (unsigned int i = 0; i < PER_PAGE; i++)
        if (!descriptor_allowed(&desc[i]))
            return refuse(-XEN_EINVAL, "descriptor %u (%lx) is a gate or system segment", i, desc[i]);
    return 0;
}

static pte_t *window(unsigned int offset)
{
    static pte_t *ptes[MAX_CPUS];
    unsigned int id = cpu_id();

    if (!ptes[id])
        ptes[id] = hypervisor_pte(CPU_AREA_VIRT + (uint64_t)id * CPU_AREA_SIZE + CPU_GDT_OFFSET);
    return ptes[id] + (offset - CPU_GDT_OFFSET) / PAGE_SIZE;
}

/* Readable and writable: the processor sets accessed bits. Only ring 0 can reach it. */
static pte_t window_entry(uint64_t m)
{
    return m ? pte_make(mfn(m), PTE_PRESENT | PTE_RW | PTE_ACCESSED | PTE_DIRTY | PTE_NX) : 0;
}

/* Where the guest's GDT has no page there is one of empty descriptors: LAR and its like look at any
 * selector, and must not fault. */
static pte_t gdt_entry(uint64_t m)
{
    static const uint64_t empty[PER_PAGE] __attribute__((aligned(PAGE_SIZE)));

    return m ? window_entry(m)
             : pte_make(mfn(image_phys(empty) >> PAGE_SHIFT), PTE_PRESENT | PTE_ACCESSED | PTE_NX);
}

void vcpu_load_descriptors(struct vcpu *v)
{
    pte_t *gdt = window(CPU_GDT_OFFSET), *ldt = window(CPU_LDT_OFFSET);

    for (unsigned int i = 0; i < GUEST_GDT_PAGES; i++)
        gdt[i] = gdt_entry(v->gdt_frames[i]);
    if (v->ldt_entries || ldt[0] || this_cpu()->cpu->ldt_used) {
        for (unsigned int i = 0; i < LDT_PAGES; i++)
            ldt[i] = window_entry(v->ldt_mapped[i]);
        cpu_load_ldt(v->ldt_entries);
        this_cpu()->cpu->ldt_used = v->ldt_entries != 0;
    }
}

static void put_frames(uint64_t *frames, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        if (frames[i])
            frame_put_both(mfn(frames[i]));
        frames[i] = 0;
    }
}

static void ldt_unmap(struct vcpu *v)
{
    put_frames(v->ldt_mapped, LDT_PAGES);
}

void vcpu_drop_descriptors(struct vcpu *v)
{
    assert_held(&v->domain->mmu_lock);
    put_frames(v->gdt_frames, GUEST_GDT_PAGES);
    v->gdt_entries = 0;
    ldt_unmap(v);
    v->ldt_entries = 0;
}

static long take_segdesc(struct domain *d, uint64_t m)
{
    long rc;

    if (!frame_get(m, d->id))
        return refuse(-XEN_EINVAL, "descriptor frame %lx is not the domain's", m);
    rc = frame_get_type(mfn(m), FRAME_SEGDESC);
    if (rc)
        frame_put(mfn(m));
    return rc;
}

long vcpu_set_gdt(struct vcpu *v, const uint64_t *mfns, unsigned int entries)
{
    unsigned int pages = DIV_ROUND_UP(entries, (unsigned int)PER_PAGE);
    uint64_t taken[GUEST_GDT_PAGES] = { 0 };

    assert_held(&v->domain->mmu_lock);
    if (entries > FIRST_RESERVED_GDT_ENTRY)
        return refuse(-XEN_EINVAL, "set_gdt: %u entries", entries);
    for (unsigned int i = 0; i < pages; i++) {
        long rc = take_segdesc(v->domain, mfns[i]);

        if (rc) {
            put_frames(taken, i);
            return rc;
        }
        taken[i] = mfns[i];
    }
    put_frames(v->gdt_frames, GUEST_GDT_PAGES);
    memcpy(v->gdt_frames, taken, sizeof(taken));
    v->gdt_entries = entries;
    if (v == current) {
        vcpu_load_descriptors(v);
        cpu_flush_tlb_local();
    }
    return 0;
}

long hypercall_set_gdt(guest_addr_t frames, uint32_t entries)
{
    struct vcpu *v = current;
    uint64_t mfns[GUEST_GDT_PAGES];
    unsigned int pages =
        DIV_ROUND_UP(MIN(entries, (uint32_t)FIRST_RESERVED_GDT_ENTRY + 1), (unsigned int)PER_PAGE);
    long rc;

    if (entries > FIRST_RESERVED_GDT_ENTRY)
        return refuse(-XEN_EINVAL, "set_gdt: %u entries", entries);
    if (copy_from_guest(mfns, frames, pages * sizeof(mfns[0])))
        return refuse(-XEN_EFAULT, "set_gdt: frame list");
    spin_lock(&v->domain->mmu_lock);
    rc = vcpu_set_gdt(v, mfns, entries);
    spin_unlock(&v->domain->mmu_lock);
    return rc;
}

long hypercall_update_descriptor(uint64_t maddr, uint64_t descriptor)
{
    struct domain *d = current->domain;
    mfn_t m = mfn(maddr >> PAGE_SHIFT);
    _Atomic uint64_t *slot;
    struct frame *f;
    long rc = 0;

    if ((maddr & 7) || !descriptor_allowed(&descriptor))
        return refuse(-XEN_EINVAL, "update_descriptor: %lx = %lx", maddr, descriptor);
    if (!frame_get(m.n, d->id))
        return refuse(-XEN_EINVAL, "update_descriptor: frame %lx", m.n);
    spin_lock(&d->mmu_lock);
    f = frame_of(m);
    slot = (_Atomic uint64_t *)frame_virt(m) + (maddr & (PAGE_SIZE - 1)) / 8;
    if (type_of(f->type) == FRAME_SEGDESC && (f->type & TYPE_VALIDATED)) {
        atomic_store(slot, descriptor);
    } else {
        rc = frame_get_writable(m, true);
        if (rc == -XEN_EBUSY)
            rc = -XEN_EINVAL;
        if (rc == 0) {
            atomic_store(slot, descriptor);
            frame_put_type(m);
        }
    }
    spin_unlock(&d->mmu_lock);
    frame_put(m);
    return rc == 0 || rc == -ERESTART ? rc
                                      : refuse(-XEN_EINVAL, "update_descriptor: a table's frame %lx", m.n);
}

/* Of the base only the first page is looked at: the others when the processor wants them. */
long vcpu_set_ldt(struct vcpu *v, uint64_t base, uint64_t entries)
{
    if (entries > 8192 || (entries && ((base & (PAGE_SIZE - 1)) || !guest_range_ok(base, PAGE_SIZE))))
        return refuse(-XEN_EINVAL, "SET_LDT: base %lx, %lu entries", base, entries);
    assert_held(&v->domain->mmu_lock);
    if (v->ldt_base == base && v->ldt_entries == entries)
        return 0;
    ldt_unmap(v);
    v->ldt_base = base;
    v->ldt_entries = (unsigned int)entries;
    if (v == current) {
        this_cpu()->cpu->ldt_used = true;
        vcpu_load_descriptors(v);
        cpu_flush_tlb_local();
    }
    return 0;
}

bool ldt_window_fault(struct vcpu *v, uint64_t offset)
{
    struct domain *d = v->domain;
    uint64_t page = offset >> PAGE_SHIFT, address = v->ldt_base + (page << PAGE_SHIFT);
    bool done = false;
    pte_t e;

    if (page >= LDT_PAGES || offset >= v->ldt_entries * 8UL || v->ldt_mapped[page])
        return false;
    if (!guest_range_ok(address, PAGE_SIZE))
        return false;
    spin_lock(&d->mmu_lock);
    e = walk_pte(v->kernel_root, address);
    if ((e & PTE_PRESENT) && take_segdesc(d, pte_mfn(e).n) == 0) {
        v->ldt_mapped[page] = pte_mfn(e).n;
        window(CPU_LDT_OFFSET)[page] = window_entry(v->ldt_mapped[page]);
        done = true;
    }
    spin_unlock(&d->mmu_lock);
    return done;
}
