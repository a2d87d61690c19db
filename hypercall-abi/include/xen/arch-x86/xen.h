/* What is particular to x86: guest handles, trap table, descriptor tables, the full state of a vcpu, and the
 * x86 parts of the shared page. Source of all names, numbers and layouts: Xen 4.17 public/arch-x86/xen.h. */
#include "../xen.h" /* outside the guard: whichever header is named first, all of xen.h arrives */

#ifndef __XEN_PUBLIC_ARCH_X86_XEN_H__
#define __XEN_PUBLIC_ARCH_X86_XEN_H__

/* A guest handle is a pointer into the memory of the caller, inside a structure that is passed to a
 * hypercall.
 *   DEFINE_XEN_GUEST_HANDLE(type)         declares the handle types of `type` and `const_type`
 *   XEN_GUEST_HANDLE(type)                names one, e.g. XEN_GUEST_HANDLE(const_void)
 *   set_xen_guest_handle(handle, pointer) stores a pointer into it
 * It is a structure of its own type, so that handles to different types don't mix; before revision 0x00030201
 * it was a bare pointer. */
#if __XEN_INTERFACE_VERSION__ >= 0x00030201
#define ___DEFINE_XEN_GUEST_HANDLE(name, type) typedef struct { type *p; } __guest_handle_##name
#else
#define ___DEFINE_XEN_GUEST_HANDLE(name, type) typedef type *__guest_handle_##name
#endif
#define __DEFINE_XEN_GUEST_HANDLE(name, type) \
    ___DEFINE_XEN_GUEST_HANDLE(name, type);   \
    ___DEFINE_XEN_GUEST_HANDLE(const_##name, const type)
#define DEFINE_XEN_GUEST_HANDLE(name) __DEFINE_XEN_GUEST_HANDLE(name, name)
#define __XEN_GUEST_HANDLE(name) __guest_handle_##name
#define XEN_GUEST_HANDLE(name) __XEN_GUEST_HANDLE(name)
#define XEN_GUEST_HANDLE_PARAM(name) XEN_GUEST_HANDLE(name) /* the same, as a hypercall's direct argument */
#define set_xen_guest_handle_raw(hnd, val) do { (hnd).p = (val); } while (0)
#define set_xen_guest_handle(hnd, val) set_xen_guest_handle_raw(hnd, val)

#include "xen-x86_64.h"

#ifndef __ASSEMBLY__
/* A frame number, machine or guest; its printf formats. */
typedef unsigned long xen_pfn_t;
#define PRI_xen_pfn "lx"
#define PRIu_xen_pfn "lu"

/* A machine word of the interface; its printf format. */
typedef unsigned long xen_ulong_t;
#define PRI_xen_ulong "lx"
#endif

/* PV guests exist here: struct start_info, and vcpu_info.evtchn_upcall_mask. */
#define XEN_HAVE_PV_GUEST_ENTRY 1
#define XEN_HAVE_PV_UPCALL_MASK 1

/* set_gdt(const xen_pfn_t *frames, unsigned entries): the GDT is these frames, up to FIRST_RESERVED_GDT_ENTRY
 * entries; behind them the hypervisor shows its own flat segments (FLAT_* in xen-x86_64.h).
 * update_descriptor(uint64_t machine_address, uint64_t descriptor): writes one entry of a descriptor table.
 *   errors   -XEN_EINVAL a frame that is mapped writable or not owned, or a descriptor of a forbidden kind */
#define FIRST_RESERVED_GDT_PAGE 14
#define FIRST_RESERVED_GDT_BYTE (FIRST_RESERVED_GDT_PAGE * 4096)
#define FIRST_RESERVED_GDT_ENTRY (FIRST_RESERVED_GDT_BYTE / 8)

/* Vcpus that have their vcpu_info in the shared page; more must register it themselves. */
#define XEN_LEGACY_MAX_VCPUS 32

#ifndef __ASSEMBLY__

/* set_trap_table(const struct trap_info *traps): installs handlers up to the entry with address 0; a NULL
 * table removes all. The handler runs in guest kernel mode with the frame of bare hardware on the kernel
 * stack, below it RCX and R11.
 *   errors   -XEN_EPERM a code selector or address that a guest may not use */
struct trap_info {
    uint8_t vector;
    uint8_t flags;           /* bits 0-1: 3, user mode may come here by INT n; bit 2: mask events */
    uint16_t cs;
    unsigned long address;
};
typedef struct trap_info trap_info_t;
DEFINE_XEN_GUEST_HANDLE(trap_info_t);
ABI_LAYOUT(struct trap_info, 16, (vector, 0), (flags, 1), (cs, 2), (address, 8));

#define TI_GET_DPL(_ti) ((_ti)->flags & 3)
#define TI_GET_IF(_ti) ((_ti)->flags & 4)
#define TI_SET_DPL(_ti, _dpl) ((_ti)->flags |= (_dpl))
#define TI_SET_IF(_ti, _if) ((_ti)->flags |= ((_if) ? 4 : 0))

/* A value of the TSC. */
typedef uint64_t tsc_timestamp_t;

/* vcpu_guest_context.flags: a bit number and its mask each. Capitals are older spellings. */
#define VGCF_I387_VALID (1 << 0)
#define VGCF_IN_KERNEL (1 << 2)
#define _VGCF_i387_valid 0                  /* fpu_ctxt holds something */
#define VGCF_i387_valid (1 << _VGCF_i387_valid)
#define _VGCF_in_kernel 2                   /* starts in guest kernel mode */
#define VGCF_in_kernel (1 << _VGCF_in_kernel)
#define _VGCF_failsafe_disables_events 3    /* the failsafe callback is entered with events masked */
#define VGCF_failsafe_disables_events (1 << _VGCF_failsafe_disables_events)
#define _VGCF_syscall_disables_events 4     /* the syscall callback too */
#define VGCF_syscall_disables_events (1 << _VGCF_syscall_disables_events)
#define _VGCF_online 5                      /* the vcpu is up (VCPUOP_up) */
#define VGCF_online (1 << _VGCF_online)

/* The state of a vcpu: argument of VCPUOP_initialise and XEN_DOMCTL_{set,get}vcpucontext. */
struct vcpu_guest_context {
    struct {
        char x[512];
    } fpu_ctxt;                             /* FXSAVE image, valid with VGCF_i387_valid */
    unsigned long flags;                    /* VGCF_* */
    struct cpu_user_regs user_regs;
    struct trap_info trap_ctxt[256];        /* as set_trap_table; index and vector agree */
    unsigned long ldt_base, ldt_ents;       /* as MMUEXT_SET_LDT */
    unsigned long gdt_frames[16], gdt_ents; /* as set_gdt */
    unsigned long kernel_ss, kernel_sp;     /* as stack_switch */
    unsigned long ctrlreg[8];        /* CR0-CR7; [3]: xen_pfn_to_cr3(kernel root), [1]: user root | 1, or 0 */
    unsigned long debugreg[8];              /* DR0-DR7 */
    unsigned long event_callback_eip;       /* entry points, as callback_op */
    unsigned long failsafe_callback_eip;
    unsigned long syscall_callback_eip;
    unsigned long vm_assist;                /* bit n: VMASST_TYPE n is on */
    uint64_t fs_base;
    uint64_t gs_base_kernel;                /* GS base in guest kernel mode ... */
    uint64_t gs_base_user;                  /* ... and in guest user mode */
};
typedef struct vcpu_guest_context vcpu_guest_context_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_guest_context_t);
ABI_LAYOUT(struct vcpu_guest_context, 5168, (fpu_ctxt.x, 0), (flags, 512), (user_regs, 520),
           (trap_ctxt, 720), (ldt_base, 4816), (ldt_ents, 4824), (gdt_frames, 4832), (gdt_ents, 4960),
           (kernel_ss, 4968), (kernel_sp, 4976), (ctrlreg, 4984), (debugreg, 5048),
           (event_callback_eip, 5112), (failsafe_callback_eip, 5120), (syscall_callback_eip, 5128),
           (vm_assist, 5136), (fs_base, 5144), (gs_base_kernel, 5152), (gs_base_user, 5160));

/* The x86 part of struct shared_info. Written by the guest, read by the tools that save it. */
struct arch_shared_info {
    unsigned long max_pfn;                  /* entries of the p2m list */
    xen_pfn_t pfn_to_mfn_frame_list_list;   /* the list as a tree of mfns, three levels; 0 not yet, ~0 none */
    unsigned long nmi_reason;               /* XEN_NMIREASON_* (nmi.h), written by the hypervisor */
    unsigned long p2m_cr3;                  /* folded root of an address space that maps the list, or 0 */
    unsigned long p2m_vaddr;                /* where it is in that address space */
    unsigned long p2m_generation;           /* odd while the mapping of the list changes */
};
typedef struct arch_shared_info arch_shared_info_t;
ABI_LAYOUT(struct arch_shared_info, 48, (max_pfn, 0), (pfn_to_mfn_frame_list_list, 8), (nmi_reason, 16),
           (p2m_cr3, 24), (p2m_vaddr, 32), (p2m_generation, 40));

/* Devices that the hypervisor emulates for a hardware-assisted guest: a bit number and its mask each. A PV
 * guest has none (the initial domain: the PIT). */
#define _XEN_X86_EMU_LAPIC 0
#define XEN_X86_EMU_LAPIC (1U << _XEN_X86_EMU_LAPIC)
#define _XEN_X86_EMU_HPET 1
#define XEN_X86_EMU_HPET (1U << _XEN_X86_EMU_HPET)
#define _XEN_X86_EMU_PM 2
#define XEN_X86_EMU_PM (1U << _XEN_X86_EMU_PM)
#define _XEN_X86_EMU_RTC 3
#define XEN_X86_EMU_RTC (1U << _XEN_X86_EMU_RTC)
#define _XEN_X86_EMU_IOAPIC 4
#define XEN_X86_EMU_IOAPIC (1U << _XEN_X86_EMU_IOAPIC)
#define _XEN_X86_EMU_PIC 5
#define XEN_X86_EMU_PIC (1U << _XEN_X86_EMU_PIC)
#define _XEN_X86_EMU_VGA 6
#define XEN_X86_EMU_VGA (1U << _XEN_X86_EMU_VGA)
#define _XEN_X86_EMU_IOMMU 7
#define XEN_X86_EMU_IOMMU (1U << _XEN_X86_EMU_IOMMU)
#define _XEN_X86_EMU_PIT 8
#define XEN_X86_EMU_PIT (1U << _XEN_X86_EMU_PIT)
#define _XEN_X86_EMU_USE_PIRQ 9
#define XEN_X86_EMU_USE_PIRQ (1U << _XEN_X86_EMU_USE_PIRQ)
#define _XEN_X86_EMU_VPCI 10
#define XEN_X86_EMU_VPCI (1U << _XEN_X86_EMU_VPCI)
#define XEN_X86_EMU_ALL ((XEN_X86_EMU_VPCI << 1) - XEN_X86_EMU_LAPIC)

/* xen_arch_domainconfig.misc_flags */
#define XEN_X86_MSR_RELAXED (1u << 0)       /* an unknown MSR reads as 0 and ignores writes, instead of #GP */
#define XEN_X86_MISC_FLAGS_MAX XEN_X86_MSR_RELAXED

/* The x86 part of XEN_DOMCTL_createdomain. */
struct xen_arch_domainconfig {
    uint32_t emulation_flags;               /* XEN_X86_EMU_* */
    uint32_t misc_flags;
};
ABI_LAYOUT(struct xen_arch_domainconfig, 8, (emulation_flags, 0), (misc_flags, 4));

/* One leaf of CPUID, as a list of them describes a virtual CPU. */
typedef struct xen_cpuid_leaf {
    uint32_t leaf, subleaf;                 /* EAX and ECX before, or XEN_CPUID_NO_SUBLEAF */
    uint32_t a, b, c, d;                    /* EAX to EDX after */
} xen_cpuid_leaf_t;
DEFINE_XEN_GUEST_HANDLE(xen_cpuid_leaf_t);
ABI_LAYOUT(struct xen_cpuid_leaf, 24, (leaf, 0), (subleaf, 4), (a, 8), (b, 12), (c, 16), (d, 20));
#define XEN_CPUID_NO_SUBLEAF 0xffffffffu

/* One model-specific register of a virtual CPU. */
typedef struct xen_msr_entry {
    uint32_t idx;
    uint32_t flags;                         /* 0 */
    uint64_t val;
} xen_msr_entry_t;
DEFINE_XEN_GUEST_HANDLE(xen_msr_entry_t);
ABI_LAYOUT(struct xen_msr_entry, 16, (idx, 0), (flags, 4), (val, 8));

#endif /* !__ASSEMBLY__ */

/* stack_switch(unsigned long ss, unsigned long sp): kernel stack for entries from guest user mode. Always 0,
 * or
 *   -XEN_EPERM for a selector that a guest may not use.
 * fpu_taskswitch(int set): CR0.TS, so that the next FPU instruction gives trap 7. Always 0.
 * set_debugreg(int n, unsigned long value): -XEN_EINVAL no such register; -XEN_EPERM a hypervisor address.
 * get_debugreg(int n): the value, so that an error can't be told from one; -XEN_EINVAL as unsigned long. */

/* In front of CPUID: have the hypervisor answer even where the CPU would not trap. */
#ifdef __ASSEMBLY__
#define XEN_EMULATE_PREFIX .byte 0x0f, 0x0b, 0x78, 0x65, 0x6e;
#define XEN_CPUID XEN_EMULATE_PREFIX cpuid
#else
#define XEN_EMULATE_PREFIX ".byte 0x0f,0x0b,0x78,0x65,0x6e ; "
#define XEN_CPUID XEN_EMULATE_PREFIX "cpuid"
#endif

/* Port whose bytes appear on the hypervisor console, for hardware-assisted guests. */
#define XEN_HVM_DEBUGCONS_IOPORT 0xe9

#endif /* __XEN_PUBLIC_ARCH_X86_XEN_H__ */
