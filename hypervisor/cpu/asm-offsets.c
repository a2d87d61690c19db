/* Offsets for the assembly code. Compiled to assembly, never linked: hypervisor.mk turns each line "->NAME
 * value" of it into a #define of asm-offsets.h. */
#include "lib/lib.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#undef current  /* here the member of struct cpu_info is meant */

#define OFFSET(name, type, member) __asm__ volatile("\n#->" #name " %0" : : "i"(offsetof(type, member)))
#define VALUE(name, value)         __asm__ volatile("\n#->" #name " %0" : : "i"(value))

void asm_offsets(void);
void asm_offsets(void)
{
    OFFSET(REGS_r11, struct cpu_user_regs, r11);
    OFFSET(REGS_rax, struct cpu_user_regs, rax);
    OFFSET(REGS_rcx, struct cpu_user_regs, rcx);
    OFFSET(REGS_error_code, struct cpu_user_regs, error_code);
    OFFSET(REGS_entry_vector, struct cpu_user_regs, entry_vector);
    OFFSET(REGS_rip, struct cpu_user_regs, rip);
    OFFSET(REGS_cs, struct cpu_user_regs, cs);
    OFFSET(REGS_rflags, struct cpu_user_regs, rflags);
    OFFSET(REGS_rsp, struct cpu_user_regs, rsp);
    OFFSET(REGS_ss, struct cpu_user_regs, ss);
    OFFSET(REGS_es, struct cpu_user_regs, es);

    OFFSET(INFO_guest, struct cpu_info, guest);
    OFFSET(INFO_current, struct cpu_info, current);
    OFFSET(INFO_work, struct cpu_info, work);
    VALUE(INFO_size, sizeof(struct cpu_info));

    OFFSET(VCPU_info, struct vcpu, info);
    OFFSET(VCPU_kernel_mode, struct vcpu, kernel_mode);

    OFFSET(FEATURES_smap, struct cpu_features, smap);
}
