/* 64-bit x86: registers, selectors, address space and how a hypercall is made.
 * Source of all names, numbers and layouts: Xen 4.17 public/arch-x86/xen-x86_64.h.
 *
 * A hypercall takes its arguments in RDI, RSI, RDX, R10 and R8 and returns in RAX. It is made either by a
 * call to hypercall_page + 32 * number, or by `syscall` in guest kernel mode with the number in RAX. Argument
 * registers, RCX and R11 may change; the rest is kept. */
#include "../xen.h"

#ifndef __XEN_PUBLIC_ARCH_X86_XEN_X86_64_H__
#define __XEN_PUBLIC_ARCH_X86_XEN_X86_64_H__

/* Flat segments that the hypervisor keeps in every GDT from entry 259 on: guest kernel and guest user run in
 * ring 3 with the same ones. A 64-bit data segment is the null selector. */
#define FLAT_RING3_CS32 0xe023
#define FLAT_RING3_CS64 0xe033
#define FLAT_RING3_DS32 0xe02b
#define FLAT_RING3_DS64 0x0000
#define FLAT_RING3_SS32 0xe02b
#define FLAT_RING3_SS64 0xe02b

#define FLAT_KERNEL_CS32 FLAT_RING3_CS32
#define FLAT_KERNEL_CS64 FLAT_RING3_CS64
#define FLAT_KERNEL_CS FLAT_KERNEL_CS64
#define FLAT_KERNEL_DS32 FLAT_RING3_DS32
#define FLAT_KERNEL_DS64 FLAT_RING3_DS64
#define FLAT_KERNEL_DS FLAT_KERNEL_DS64
#define FLAT_KERNEL_SS32 FLAT_RING3_SS32
#define FLAT_KERNEL_SS64 FLAT_RING3_SS64
#define FLAT_KERNEL_SS FLAT_KERNEL_SS64

#define FLAT_USER_CS32 FLAT_RING3_CS32
#define FLAT_USER_CS64 FLAT_RING3_CS64
#define FLAT_USER_CS FLAT_USER_CS64
#define FLAT_USER_DS32 FLAT_RING3_DS32
#define FLAT_USER_DS64 FLAT_RING3_DS64
#define FLAT_USER_DS FLAT_USER_DS64
#define FLAT_USER_SS32 FLAT_RING3_SS32
#define FLAT_USER_SS64 FLAT_RING3_SS64
#define FLAT_USER_SS FLAT_USER_SS64

/* Addresses that belong to the hypervisor in every address space (L4 slots 256 to 271), and the table inside
 * them that gives the pfn of each mfn: 8 bytes an entry, read-only for guests. */
#define __HYPERVISOR_VIRT_START 0xFFFF800000000000
#define __HYPERVISOR_VIRT_END 0xFFFF880000000000
#define __MACH2PHYS_VIRT_START 0xFFFF800000000000
#define __MACH2PHYS_VIRT_END 0xFFFF804000000000
#ifndef HYPERVISOR_VIRT_START
#define HYPERVISOR_VIRT_START xen_mk_ulong(__HYPERVISOR_VIRT_START)
#define HYPERVISOR_VIRT_END xen_mk_ulong(__HYPERVISOR_VIRT_END)
#endif
#define MACH2PHYS_VIRT_START xen_mk_ulong(__MACH2PHYS_VIRT_START)
#define MACH2PHYS_VIRT_END xen_mk_ulong(__MACH2PHYS_VIRT_END)
#define MACH2PHYS_NR_ENTRIES ((MACH2PHYS_VIRT_END - MACH2PHYS_VIRT_START) >> 3)
#ifndef machine_to_phys_mapping
#define machine_to_phys_mapping ((unsigned long *)HYPERVISOR_VIRT_START)
#endif

/* set_segment_base(unsigned which, unsigned long base)
 *   errors   -XEN_EINVAL no such register, or an address that is not canonical */
#define SEGBASE_FS 0
#define SEGBASE_GS_USER 1       /* GS base in guest user mode */
#define SEGBASE_GS_KERNEL 2     /* GS base in guest kernel mode */
#define SEGBASE_GS_USER_SEL 3   /* selector for GS in guest user mode: bits 0-15 */

/* iret_context.flags: the return goes as by SYSRET; RCX, R11, CS and SS of the frame are not used. */
#define _VGCF_in_syscall 8
#define VGCF_in_syscall (1 << _VGCF_in_syscall)
#define VGCF_IN_SYSCALL VGCF_in_syscall

#ifndef __ASSEMBLY__

/* iret(): takes this frame from the kernel stack (RSP points at rax) and continues there. The low two bits of
 * cs say where: 3 is guest user mode, everything else guest kernel mode. Does not return; a frame that can't
 * be read crashes the domain. */
struct iret_context {
    uint64_t rax, r11, rcx;
    uint64_t flags;                  /* VGCF_* */
    uint64_t rip, cs, rflags, rsp, ss;
};
ABI_LAYOUT(struct iret_context, 72, (rax, 0), (r11, 8), (rcx, 16), (flags, 24), (rip, 32), (cs, 40),
           (rflags, 48), (rsp, 56), (ss, 64));

/* Names of one register in struct cpu_user_regs. Control tools have each name at its own width, as assembly
 * has; guests have the 64-bit value under both names (rax, eax) and the low half as _eax. */
#ifdef __XEN_TOOLS__
#define XEN_REG_LOHI_(n)                                                  \
    __extension__ union {                                                 \
        uint64_t r##n##x;                                                 \
        uint32_t e##n##x;                                                 \
        uint16_t n##x;                                                    \
        __extension__ struct { uint8_t n##l, n##h; };                     \
    }
#define XEN_REG_LO8_(n) __extension__ union { uint64_t r##n; uint32_t e##n; uint16_t n; uint8_t n##l; }
#define XEN_REG_LO16_(n) __extension__ union { uint64_t r##n; uint32_t e##n; uint16_t n; }
#define XEN_REG_N_(n) \
    __extension__ union { uint64_t r##n; uint32_t r##n##d; uint16_t r##n##w; uint8_t r##n##b; }
#else
#define XEN_REG_LOHI_(n) XEN_REG_LO8_(n##x)
#define XEN_REG_LO8_(n) __extension__ union { uint64_t r##n, e##n; uint32_t _e##n; }
#define XEN_REG_LO16_(n) XEN_REG_LO8_(n)
#define XEN_REG_N_(n) uint64_t r##n
#endif

/* The registers of a vcpu. */
struct cpu_user_regs {
    XEN_REG_N_(15);
    XEN_REG_N_(14);
    XEN_REG_N_(13);
    XEN_REG_N_(12);
    XEN_REG_LO8_(bp);
    XEN_REG_LOHI_(b);
    XEN_REG_N_(11);
    XEN_REG_N_(10);
    XEN_REG_N_(9);
    XEN_REG_N_(8);
    XEN_REG_LOHI_(a);
    XEN_REG_LOHI_(c);
    XEN_REG_LOHI_(d);
    XEN_REG_LO8_(si);
    XEN_REG_LO8_(di);
    uint32_t error_code;          /* of the entry; the hypervisor's own ... */
    uint32_t entry_vector;        /* ... both */
    XEN_REG_LO16_(ip);
    uint16_t cs, _pad0[1];
    uint8_t saved_upcall_mask;    /* vcpu_info.evtchn_upcall_mask at the entry */
    uint8_t _pad1[3];
    XEN_REG_LO16_(flags);         /* IF shows the inverse of saved_upcall_mask */
    XEN_REG_LO8_(sp);
    uint16_t ss, _pad2[3];
    uint16_t es, _pad3[3];
    uint16_t ds, _pad4[3];
    uint16_t fs, _pad5[3];
    uint16_t gs, _pad6[3];
};
#undef XEN_REG_LOHI_
#undef XEN_REG_LO8_
#undef XEN_REG_LO16_
#undef XEN_REG_N_
typedef struct cpu_user_regs cpu_user_regs_t;
DEFINE_XEN_GUEST_HANDLE(cpu_user_regs_t);
ABI_LAYOUT(struct cpu_user_regs, 200, (r15, 0), (r14, 8), (r13, 16), (r12, 24), (rbp, 32), (rbx, 40),
           (r11, 48), (r10, 56), (r9, 64), (r8, 72), (rax, 80), (rcx, 88), (rdx, 96), (rsi, 104), (rdi, 112),
           (error_code, 120), (entry_vector, 124), (rip, 128), (cs, 136), (saved_upcall_mask, 140),
           (rflags, 144), (rsp, 152), (ss, 160), (es, 168), (ds, 176), (fs, 184), (gs, 192));

/* Frame number of a root to a CR3 value and back. */
#define xen_pfn_to_cr3(pfn) ((unsigned long)(pfn) << 12)
#define xen_cr3_to_pfn(cr3) ((unsigned long)(cr3) >> 12)

/* The x86 part of struct vcpu_info. */
struct arch_vcpu_info {
    unsigned long cr2;            /* address of the last page fault */
    unsigned long pad;
};
typedef struct arch_vcpu_info arch_vcpu_info_t;
ABI_LAYOUT(struct arch_vcpu_info, 16, (cr2, 0), (pad, 8));

/* An entry point in the guest kernel. */
typedef unsigned long xen_callback_t;

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_ARCH_X86_XEN_X86_64_H__ */
