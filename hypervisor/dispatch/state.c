/* Processor state that a guest sets by hypercall: kernel stack, TS, debug registers, segment bases. */
#include <xen/errno.h>
#include <xen/xen.h>
#include "cpu/registers.h"
#include "dispatch/dispatch.h"
#include "dispatch/state.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/guest-access.h"

#define DR6_WRITABLE 0xe00fUL
#define DR7_RESERVED_ZERO 0xd800UL  /* also bits that only newer processors know */
#define DR7_GENERAL_DETECT 0x2000UL
#define DR7_ENABLES 0xffUL

long hypercall_stack_switch(uint64_t ss, uint64_t sp)
{
    struct vcpu *v = current;

    v->kernel_ss = (uint16_t)(ss | 3);
    v->kernel_sp = sp;
    return 0;
}

void guest_set_ts(struct vcpu *v, bool ts)
{
    if (v->ts == ts)
        return;
    v->ts = ts;
    fpu_set_ts(ts);
}

long hypercall_fpu_taskswitch(uint32_t set)
{
    guest_set_ts(current, set != 0);
    return 0;
}

/* Never on an address of the hypervisor, whatever length DR7 gives it. */
static long set_breakpoint(struct vcpu *v, uint32_t reg, uint64_t address)
{
    if (!guest_range_ok(address, 8))
        return refuse(-XEN_EPERM, "breakpoint at %lx", address);
    v->debugreg[reg] = address;
    if (v == current)
        cpu_load_debug_registers(v);
    return 0;
}

static bool has_io_breakpoint(uint64_t dr7)
{
    for (unsigned int shift = 16; shift < 32; shift += 4)
        if (((dr7 >> shift) & 3) == 2)
            return true;
    return false;
}

static long set_dr7(struct vcpu *v, uint64_t value)
{
    value = (value & ~DR7_RESERVED_ZERO) | DR7_RESET;
    if ((value & DR7_GENERAL_DETECT) || ((value & DR7_ENABLES) && has_io_breakpoint(value)))
        return refuse(-XEN_EPERM, "DR7 = %lx", value);
    v->debugreg[7] = value;
    if (v == current)
        cpu_load_debug_registers(v);
    return 0;
}

/* DR4 and DR5 are DR6 and DR7 by another name, as without CR4.DE. The processor faults on their upper
 * halves. */
long guest_set_debugreg(struct vcpu *v, uint32_t reg, uint64_t value)
{
    if (reg >= 4 && reg <= 7 && value >> 32)
        return refuse(-XEN_EINVAL, "DR%u = %lx", reg, value);
    switch (reg) {
    case 0: case 1: case 2: case 3:
        return set_breakpoint(v, reg, value);
    case 4: case 6:
        v->debugreg[6] = (value & DR6_WRITABLE) | DR6_RESET;
        return 0;
    case 5: case 7:
        return set_dr7(v, value);
    default:
        return refuse(-XEN_ENODEV, "debug register %u", reg);
    }
}

long hypercall_set_debugreg(uint32_t reg, uint64_t value)
{
    return guest_set_debugreg(current, reg, value);
}

long hypercall_get_debugreg(uint32_t reg)
{
    if (reg > 7)
        return refuse(-XEN_ENODEV, "debug register %u", reg);
    return (long)current->debugreg[reg == 4 || reg == 5 ? reg + 2 : reg];
}

/* Loads the user's GS selector: its base goes where the user's GS base waits. One that faults becomes 0. */
static void load_user_gs(uint16_t selector)
{
    __asm__ volatile("   swapgs\n"
                     "1: mov %0, %%gs\n"
                     "2: swapgs\n"
                     "   .subsection 1\n"
                     "3: xor %k0, %k0\n"
                     "   jmp 1b\n"
                     "   .previous\n" EXTABLE("1b", "3b")
                     : "+r"(selector)
                     :
                     : "memory");
}

/* The guest kernel runs now, so its GS base is the live one. */
long hypercall_set_segment_base(uint32_t which, uint64_t base)
{
    static const uint32_t msrs[] = {
        [SEGBASE_FS] = MSR_FS_BASE,
        [SEGBASE_GS_USER] = MSR_KERNEL_GS_BASE,
        [SEGBASE_GS_KERNEL] = MSR_GS_BASE,
    };

    if (which == SEGBASE_GS_USER_SEL) {
        load_user_gs((uint16_t)base);
        return 0;
    }
    if (which >= ARRAY_SIZE(msrs) || !is_canonical(base))
        return refuse(-XEN_EINVAL, "set_segment_base %u: %lx", which, base);
    wrmsr(msrs[which], base);
    return 0;
}
