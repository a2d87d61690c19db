/* Page tables of guests: the bits, the one writer, validation, pins and roots.
 *
 * pte_write() is the only function that changes an entry of a guest's page table. mmu_update,
 * update_va_mapping, grant map and unmap and trapped writes all end there. */
#ifndef ENSO_MEMORY_PAGETABLE_H
#define ENSO_MEMORY_PAGETABLE_H

#include "memory/frame.h"

typedef uint64_t pte_t;

#define PTE_PRESENT  0x001UL
#define PTE_RW       0x002UL
#define PTE_USER     0x004UL
#define PTE_PWT      0x008UL
#define PTE_PCD      0x010UL
#define PTE_ACCESSED 0x020UL
#define PTE_DIRTY    0x040UL
#define PTE_PAT      0x080UL   /* level 1; the same bit is PSE above */
#define PTE_PSE      0x080UL
#define PTE_GLOBAL   0x100UL
#define PTE_AVAIL    0xe00UL
#define PTE_NX       (1UL << 63)
#define PTE_FRAME    0x000ffffffffff000UL
#define PTE_AVAIL_HIGH (0x7ffUL << 52)

#define PTES_PER_TABLE 512

static inline mfn_t pte_mfn(pte_t e) { return mfn((e & PTE_FRAME) >> PAGE_SHIFT); }
static inline pte_t pte_make(mfn_t m, uint64_t flags) { return (m.n << PAGE_SHIFT) | flags; }
static inline unsigned int pte_index(uint64_t va, unsigned int level)
{
    return (unsigned int)(va >> (PAGE_SHIFT + 9 * (level - 1))) & (PTES_PER_TABLE - 1);
}

struct domain;
struct vcpu;

/* Who a new entry may point to, beside the domain's own frames. */
struct pte_rights {
    domid_t foreign;      /* owner of the frame that the entry maps (DOMID_SELF: the domain itself) */
    bool grant;           /* the caller (grant map) has checked and holds a grant for this frame */
    bool grant_writable;
};

/* Sets entry `index` of the validated table `table` (level 1-4) of domain d; takes the references
 * that the new entry needs and drops those of the old one. d->mmu_lock held. `keep_ad`: the accessed
 * and dirty bits that the processor has set meanwhile are kept (MMU_PT_UPDATE_PRESERVE_AD). If
 * `expect` is not NULL the entry is changed only if it still holds that (-EAGAIN otherwise, *expect
 * updated). No TLB is flushed: that is the caller's business (guests flush themselves; a retyped
 * frame is flushed by frame_get_type).
 * 0; -EINVAL a bit or a frame that is refused; -EBUSY a frame of conflicting type; -EPERM; -ERESTART out
 * of time. */
long pte_write(struct domain *d, mfn_t table, unsigned int level, unsigned int index, pte_t new,
               pte_t *expect, bool keep_ad, const struct pte_rights *rights) must_check;

/* Validates or devalidates one table's contents; called by frame types only (memory/frame-type.c). */
long table_validate(struct domain *d, mfn_t table, unsigned int level) must_check;
void table_devalidate(struct domain *d, mfn_t table, unsigned int level);

/* The level-1 entry that maps `va` in the address space of root `l4`, walked through the direct
 * map: the table's frame and index. False: a level is not present. A guest's address has been
 * checked (guest_range_ok): the walk looks at bits 0 to 47 only, so one that is not canonical would
 * lead into the hypervisor's tables. */
bool walk_to_l1(mfn_t l4, uint64_t va, mfn_t *table, unsigned int *index);
/* The raw level-1 entry (0 if none). */
pte_t walk_pte(mfn_t l4, uint64_t va);

/* Hypercalls of the subsystem (arguments as in the ABI; see dispatch/hypercall-table.c). */
long hypercall_mmu_update(guest_addr_t reqs, uint32_t count, guest_addr_t done, uint32_t foreigndom);
long hypercall_update_va_mapping(uint64_t va, uint64_t val, uint64_t flags);
long hypercall_update_va_mapping_otherdomain(uint64_t va, uint64_t val, uint64_t flags, domid_t domid);
long hypercall_mmuext_op(guest_addr_t ops, uint32_t count, guest_addr_t done, uint32_t foreigndom);
long hypercall_memory_op(uint32_t cmd, guest_addr_t arg);
/* The segment and CR3 assists mean something to 32-bit kernels only; they are taken, as on Xen. */
#define VM_ASSIST_KNOWN ((1U << VMASST_TYPE_4gb_segments) | (1U << VMASST_TYPE_4gb_segments_notify) | \
                         (1U << VMASST_TYPE_writable_pagetables) | (1U << VMASST_TYPE_pae_extended_cr3) | \
                         (1U << VMASST_TYPE_runstate_update_flag))
long hypercall_vm_assist(uint32_t cmd, uint32_t type);
long hypercall_set_gdt(guest_addr_t frames, uint32_t entries);
long hypercall_update_descriptor(uint64_t maddr, uint64_t descriptor);

/* True if va shows, read-only, a level-1 table that the domain owns: only then is it worth decoding the
 * instruction that faulted there. Stores the table's frame and the 8-byte word at va, which is outside the
 * hypervisor's half. */
bool pte_trap_candidate(struct vcpu *v, uint64_t va, mfn_t *table, uint64_t *word);
/* The write of that instruction, to the table that va showed: `size` bytes of `new` at va;
 * `expect_old` not NULL: only if the bytes there equal *expect_old (cmpxchg), which gets what they
 * were. 0 done; -EAGAIN they differ;
 * -ERESTART; another error: not to be done, bounce the fault to the guest. */
long pte_write_trapped(struct vcpu *v, mfn_t table, uint64_t va, unsigned int size, uint64_t new,
                       uint64_t *expect_old);

/* Builds, in the frame `l4`, the hypervisor's own slots. */
void root_fill_hypervisor_slots(mfn_t l4);
/* The vcpu's roots: takes/drops type references. Used by hypercalls, vcpu context
 * setting and teardown. mmu_lock held. */
long vcpu_set_kernel_root(struct vcpu *v, mfn_t l4) must_check;
long vcpu_set_user_root(struct vcpu *v, mfn_t l4 /* mfn(0): none */) must_check;
void vcpu_drop_roots(struct vcpu *v);
/* Loads the address space that v runs in now (kernel or user root, or the hypervisor's own for v == NULL)
 * and keeps the owner's TLB mask right. */
void vcpu_load_root(struct vcpu *v);
/* The hypervisor's own root. */
extern mfn_t hypervisor_root;

/* GDT and LDT of the running vcpu: writes the windows of this CPU (cpu/descriptors.c loads the registers). */
void vcpu_load_descriptors(struct vcpu *v);
void vcpu_drop_descriptors(struct vcpu *v);
long vcpu_set_gdt(struct vcpu *v, const uint64_t *mfns, unsigned int entries);

#endif
