/* Exceptions and interrupts while the hypervisor runs: interrupts in the idle loop, faults that the
 * exception table foresees, and bugs, which end in a panic. */
#include "cpu/panic.h"
#include "cpu/registers.h"
#include "dispatch/bounce.h"
#include "dispatch/dispatch.h"
#include "dispatch/fault.h"
#include "domain/domain.h"
#include "irq/irq.h"
#include "lib/lib.h"
#include "memory/extable.h"
#include "memory/pagetable.h"

bool in_ldt_window(uint64_t address, uint64_t *offset)
{
    *offset = address - (CPU_AREA_VIRT + (uint64_t)cpu_id() * CPU_AREA_SIZE + CPU_LDT_OFFSET);
    return *offset < CPU_TSS_OFFSET - CPU_LDT_OFFSET;
}

uint64_t take_dr6(void)
{
    uint64_t dr6;

    __asm__ volatile("mov %%dr6, %0" : "=r"(dr6));
    __asm__ volatile("mov %0, %%dr6" : : "r"(DR6_RESET));
    return dr6;
}

/* Whatever was interrupted may hold any lock: the receiver is woken when this CPU leaves for a guest. */
void nmi_arrived(void)
{
    struct vcpu *v = first_domain ? first_domain->vcpus[0] : NULL;

    if (!v || !v->traps[2].address)
        return;
    atomic_store(&v->nmi_pending, true);
    atomic_fetch_or(&this_cpu()->work, WORK_NMI);
}

void nmi_pass_on(void)
{
    struct vcpu *v = first_domain->vcpus[0];

    if (v == current || !atomic_load(&v->nmi_pending))
        return;
    vcpu_wake(v);
    if (v->sched.running)
        cpu_kick(v->sched.cpu, WORK_NMI);
}

noreturn void trap_fatal(const struct cpu_user_regs *r)
{
    panic_with_registers(r, "exception %u, error code %x", r->entry_vector, r->error_code);
}

/* The rights of all four levels, as the processor would see them now. */
static bool mapping_allows(const struct vcpu *v, uint64_t address, bool write)
{
    mfn_t table = v->kernel_mode ? v->kernel_root : v->user_root;

    for (unsigned int level = 4; level >= 1; level--) {
        pte_t e = ((const volatile pte_t *)frame_virt(table))[pte_index(address, level)];

        if (!(e & PTE_PRESENT) || (write && !(e & PTE_RW)))
            return false;
        table = pte_mfn(e);
    }
    return true;
}

/* True: the access can be tried again. The guest's LDT was not in the window yet; or the guest has given
 * itself more rights without a flush, which the processor's TLB had not seen and now has. */
static bool page_fault_resolved(const struct cpu_user_regs *r)
{
    struct vcpu *v = current;
    uint64_t address = read_cr2(), offset;

    if (!v)
        return false;
    if (in_ldt_window(address, &offset))
        return ldt_window_fault(v, offset);
    if (address >= HYPERVISOR_START && address < HYPERVISOR_END)
        return false;
    return extable_find(r->rip) && (r->error_code & PF_PRESENT) &&
           mapping_allows(v, address, r->error_code & PF_WRITE);
}

void trap_from_hypervisor(struct cpu_user_regs *r)
{
    uint64_t fixup;

    if (r->entry_vector >= 32) {
        irq_handle((uint8_t)r->entry_vector);
        return;
    }
    switch (r->entry_vector) {
    case 1:
        /* A guest's data breakpoint on its own memory, or one delayed over a `syscall` by MOV SS: it loses
         * it. */
        take_dr6();
        r->rflags &= ~RFLAGS_TF;
        return;
    case 2:
        nmi_arrived();
        return;
    case 8: case 18:
        trap_fatal(r);
    case 14:
        if (page_fault_resolved(r))
            return;
    }
    fixup = extable_find(r->rip);
    if (!fixup)
        trap_fatal(r);
    r->rip = fixup;
}
