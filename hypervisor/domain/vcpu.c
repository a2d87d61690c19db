/* vcpus: making, contexts, end. */
#include <xen/errno.h>
#include "cpu/cpu.h"
#include "cpu/registers.h"
#include "dispatch/dispatch.h"
#include "dispatch/state.h"
#include "domain/domain.h"
#include "domain/vcpu.h"
#include "emulate/privileged.h"
#include "lib/lib.h"
#include "memory/descriptors.h"
#include "memory/heap.h"
#include "memory/pagetable.h"

#define TRAP_TABLE_BYTES (256 * sizeof(struct trap_info))
#define FPU_OFFSET       ROUND_UP(sizeof(struct vcpu), 64UL)

struct vcpu *vcpu_alloc(struct domain *d, unsigned int id)
{
    struct vcpu *v = heap_alloc_zeroed(FPU_OFFSET + cpu_features.fpu_size);

    if (!v)
        return NULL;
    v->traps = heap_alloc_zeroed(TRAP_TABLE_BYTES);
    if (!v->traps) {
        heap_free_bytes(v, FPU_OFFSET + cpu_features.fpu_size);
        return NULL;
    }
    v->domain = d;
    v->id = id;
    v->info_mfn = MFN_NONE;
    v->fpu = (char *)v + FPU_OFFSET;
    v->xcr0 = XCR0_X87 | XCR0_SSE;
    v->kernel_mode = true;
    v->debugreg[6] = 0xffff0ff0;
    v->debugreg[7] = 0x400;
    fpu_init_area(v->fpu);
    return v;
}

void vcpu_attach(struct vcpu *v)
{
    v->info = &v->domain->shared_info->vcpu_info[v->id];
    v->info->evtchn_upcall_mask = 1;
    sched_vcpu_init(v);
    vcpu_set_flags(v, VCPU_DOWN | VCPU_PAUSED);
    vcpu_update_time(v, true);
}

void vcpu_teardown(struct vcpu *v)
{
    struct domain *d = v->domain;

    spin_lock(&d->mmu_lock);
    vcpu_drop_roots(v);
    vcpu_drop_descriptors(v);
    v->runstate_area = v->time_area = guest_addr(0);
    if (!mfn_eq(v->info_mfn, MFN_NONE)) {
        v->info = &d->shared_info->vcpu_info[v->id];
        frame_put_both(v->info_mfn);
        v->info_mfn = MFN_NONE;
    }
    spin_unlock(&d->mmu_lock);
}

void vcpu_up(struct vcpu *v)
{
    spin_lock(&v->domain->mmu_lock);
    vcpu_clear_flags(v, VCPU_DOWN);
    spin_unlock(&v->domain->mmu_lock);
}

void vcpu_free(struct vcpu *v)
{
    heap_free_bytes(v->traps, TRAP_TABLE_BYTES);
    heap_free_bytes(v, FPU_OFFSET + cpu_features.fpu_size);
}


/* Every reason to refuse that needs no lock. */
static long check_context(const struct vcpu_guest_context *c)
{
    const uint64_t addresses[] = {
        c->event_callback_eip, c->failsafe_callback_eip, c->syscall_callback_eip,
        c->fs_base, c->gs_base_kernel, c->gs_base_user, c->user_regs.rip, c->user_regs.rsp, c->kernel_sp,
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(addresses); i++)
        if (!is_canonical(addresses[i]))
            return refuse(-XEN_EINVAL, "vcpu context: address %lx", addresses[i]);
    for (unsigned int i = 0; i < ARRAY_SIZE(c->trap_ctxt); i++)
        if (!is_canonical(c->trap_ctxt[i].address))
            return refuse(-XEN_EINVAL, "vcpu context: handler of vector %u", i);
    if (c->ldt_base & (PAGE_SIZE - 1))
        return refuse(-XEN_EINVAL, "vcpu context: LDT at %lx", c->ldt_base);
    if (!(c->flags & VGCF_in_kernel) && !c->ctrlreg[1])
        return refuse(-XEN_EINVAL, "vcpu context: user mode without a user root");
    return 0;
}

/* The parts that hold references. mmu_lock held. */
static long set_memory_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
    long rc = vcpu_set_gdt(v, c->gdt_frames, (unsigned int)MIN(c->gdt_ents, 0xffffffffUL));

    if (rc == 0)
        rc = vcpu_set_ldt(v, c->ldt_base, c->ldt_ents);
    if (rc == 0)
        rc = vcpu_set_kernel_root(v, mfn(xen_cr3_to_pfn(c->ctrlreg[3])));
    if (rc == 0 && c->ctrlreg[1] && !xen_cr3_to_pfn(c->ctrlreg[1]))
        rc = refuse(-XEN_EINVAL, "vcpu context: user root 0");
    if (rc == 0)    /* bit 0 is a mark of those who save contexts; what counts is that it is not 0 */
        rc = vcpu_set_user_root(v, mfn(xen_cr3_to_pfn(c->ctrlreg[1])));
    return rc;
}

static void set_traps(struct vcpu *v, const struct trap_info *from)
{
    for (unsigned int i = 0; i < 256; i++) {
        v->traps[i] = from[i];
        v->traps[i].cs |= 3;
    }
}

static void set_debugregs(struct vcpu *v, const unsigned long *from)
{
    for (uint32_t r = 0; r < 8; r++)
        if (r != 4 && r != 5)
            (void)guest_set_debugreg(v, r, from[r]);     /* a value that is refused leaves the reset state */
}

long vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
    struct domain *d = v->domain;
    long rc = check_context(c);

    if (rc)
        return rc;
    spin_lock(&d->mmu_lock);
    rc = set_memory_context(v, c);
    spin_unlock(&d->mmu_lock);
    if (rc)
        return rc == -XEN_EBUSY ? -XEN_EINVAL : rc;

    v->regs = c->user_regs;
    v->regs.entry_vector = 0;
    v->regs.error_code = 0;
    v->iopl = (c->user_regs.rflags >> 12) & 3;      /* virtual: the processor's own is always 0 */
    v->regs.cs |= 3;
    v->regs.ss |= 3;
    v->ds = c->user_regs.ds;
    v->es = c->user_regs.es;
    v->fs = c->user_regs.fs;
    v->gs = c->user_regs.gs;
    v->kernel_mode = c->flags & VGCF_in_kernel;
    v->ts = c->ctrlreg[0] & CR0_TS;
    v->cr4 = c->ctrlreg[4] & guest_cr4_allowed();
    v->kernel_ss = (uint16_t)(c->kernel_ss | 3);
    v->kernel_sp = c->kernel_sp;
    v->fs_base = c->fs_base;
    v->gs_base_kernel = c->gs_base_kernel;
    v->gs_base_user = c->gs_base_user;
    v->event_callback = c->event_callback_eip;
    v->failsafe_callback = c->failsafe_callback_eip;
    v->syscall_callback = c->syscall_callback_eip;
    v->failsafe_masks_events = c->flags & VGCF_failsafe_disables_events;
    v->syscall_masks_events = c->flags & VGCF_syscall_disables_events;
    set_traps(v, c->trap_ctxt);
    set_debugregs(v, c->debugreg);
    if (v->id == 0)     /* the domain's: it comes with its first vcpu */
        d->vm_assist = (uint32_t)c->vm_assist & VM_ASSIST_KNOWN;
    if (c->flags & VGCF_i387_valid)
        fpu_set_legacy(v, &c->fpu_ctxt);
    v->continuation.active = false;
    v->initialised = true;
    if (c->flags & VGCF_online)
        vcpu_up(v);
    return 0;
}

void vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c)
{
    memset(c, 0, sizeof(*c));
    fpu_get_legacy(v, &c->fpu_ctxt);
    c->flags = VGCF_i387_valid | (v->kernel_mode ? VGCF_in_kernel : 0) |
               (v->sched.flags & VCPU_DOWN ? 0 : VGCF_online) |
               (v->failsafe_masks_events ? VGCF_failsafe_disables_events : 0) |
               (v->syscall_masks_events ? VGCF_syscall_disables_events : 0);
    c->user_regs = v->regs;
    c->user_regs.entry_vector = 0;
    c->user_regs.error_code = 0;
    c->user_regs.ds = v->ds;
    c->user_regs.es = v->es;
    c->user_regs.fs = v->fs;
    c->user_regs.gs = v->gs;
    c->user_regs.rflags = (c->user_regs.rflags & ~0x3000UL) | (uint64_t)v->iopl << 12;
    if (v->kernel_mode)
        c->user_regs.cs &= (uint16_t)~3;    /* tools tell the modes apart by it */
    memcpy(c->trap_ctxt, v->traps, TRAP_TABLE_BYTES);
    c->ldt_base = v->ldt_base;
    c->ldt_ents = v->ldt_entries;
    memcpy(c->gdt_frames, v->gdt_frames, sizeof(c->gdt_frames));
    c->gdt_ents = v->gdt_entries;
    c->kernel_ss = v->kernel_ss;
    c->kernel_sp = v->kernel_sp;
    c->ctrlreg[0] = v->ts ? 0x8005003b : 0x80050033;
    c->ctrlreg[3] = xen_pfn_to_cr3(v->kernel_root.n);
    c->ctrlreg[1] = v->user_root.n ? xen_pfn_to_cr3(v->user_root.n) | 1 : 0;
    c->ctrlreg[4] = v->cr4;
    for (unsigned int r = 0; r < 8; r++)
        c->debugreg[r] = v->debugreg[r];
    c->event_callback_eip = v->event_callback;
    c->failsafe_callback_eip = v->failsafe_callback;
    c->syscall_callback_eip = v->syscall_callback;
    c->vm_assist = v->domain->vm_assist;
    c->fs_base = v->fs_base;
    c->gs_base_kernel = v->gs_base_kernel;
    c->gs_base_user = v->gs_base_user;
}
