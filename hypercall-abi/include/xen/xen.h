/* The core of the contract between a PV guest and the hypervisor: hypercall numbers, virtual interrupts,
 * page-table operations, domain numbers, and the three structures that both sides share from the first
 * instruction on (vcpu_info, shared_info, start_info).
 * Source of all names, numbers and layouts: Xen 4.17 public/xen.h.
 *
 * Terms. mfn: number of a machine frame (4096 bytes). pfn: the guest's own frame number, dense from 0.
 * A hypercall returns 0 or a positive result, or a negative XEN_E* number (errno.h): -XEN_ENOSYS where the
 * call or its sub-operation does not exist, -XEN_EFAULT where an argument can't be read or written,
 * -XEN_EPERM where the caller may not. These three are not repeated below. */
#ifndef __XEN_PUBLIC_XEN_H__
#define __XEN_PUBLIC_XEN_H__

#include "xen-compat.h"

#if !defined(__x86_64__)
#error "Enso's interface is that of 64-bit x86 guests"
#endif
#include "arch-x86/xen.h"

#ifndef __ASSEMBLY__

/* Guest handles (pointers inside hypercall arguments, see arch-x86/xen.h) to basic types. */
DEFINE_XEN_GUEST_HANDLE(char);
__DEFINE_XEN_GUEST_HANDLE(uchar, unsigned char);
DEFINE_XEN_GUEST_HANDLE(int);
__DEFINE_XEN_GUEST_HANDLE(uint, unsigned int);
#if __XEN_INTERFACE_VERSION__ < 0x00040300
DEFINE_XEN_GUEST_HANDLE(long);
__DEFINE_XEN_GUEST_HANDLE(ulong, unsigned long);
#endif
DEFINE_XEN_GUEST_HANDLE(void);
DEFINE_XEN_GUEST_HANDLE(uint64_t);
DEFINE_XEN_GUEST_HANDLE(xen_pfn_t);
DEFINE_XEN_GUEST_HANDLE(xen_ulong_t);
__DEFINE_XEN_GUEST_HANDLE(uint8, uint8_t);
__DEFINE_XEN_GUEST_HANDLE(uint16, uint16_t);
__DEFINE_XEN_GUEST_HANDLE(uint32, uint32_t);
__DEFINE_XEN_GUEST_HANDLE(uint64, uint64_t);

/* Bound of an array at the end of a structure whose length the reader learns elsewhere. */
#ifdef __cplusplus
#define XEN_FLEX_ARRAY_DIM 0
#else
#define XEN_FLEX_ARRAY_DIM
#endif

/* Give a bare number the C suffix for unsigned, unsigned long, unsigned long long; in assembly, none. */
#define __xen_mk_uint(x) x##U
#define __xen_mk_ulong(x) x##UL
#define __xen_mk_ullong(x) x##ULL
#define xen_mk_uint(x) __xen_mk_uint(x)
#define xen_mk_ulong(x) __xen_mk_ulong(x)
#define xen_mk_ullong(x) __xen_mk_ullong(x)

#else /* __ASSEMBLY__ */

#define xen_mk_uint(x) x
#define xen_mk_ulong(x) x
#define xen_mk_ullong(x) x

#endif /* __ASSEMBLY__ */

/* Hypercall numbers: in RAX of a `syscall` from guest kernel mode, and the slot in the hypercall page.
 * Arguments in RDI, RSI, RDX, R10, R8; result in RAX (arch-x86/xen-x86_64.h). In brackets: the header with
 * the sub-operations, or this header and arch-x86 when none is named. */
#define __HYPERVISOR_set_trap_table 0                   /* install exception handlers */
#define __HYPERVISOR_mmu_update 1                       /* write page-table entries: struct mmu_update */
#define __HYPERVISOR_set_gdt 2                          /* frames and length of the GDT */
#define __HYPERVISOR_stack_switch 3                     /* stack for entries into the guest kernel */
#define __HYPERVISOR_set_callbacks 4                    /* event, failsafe and syscall entry points */
#define __HYPERVISOR_fpu_taskswitch 5                   /* set or clear CR0.TS */
#define __HYPERVISOR_sched_op_compat 6                  /* sched_op with a value as argument */
#define __HYPERVISOR_platform_op 7                      /* [platform.h] control domain only */
#define __HYPERVISOR_set_debugreg 8                     /* write DR0-DR7 */
#define __HYPERVISOR_get_debugreg 9                     /* read DR0-DR7 */
#define __HYPERVISOR_update_descriptor 10               /* write one GDT or LDT entry */
#define __HYPERVISOR_memory_op 12                       /* [memory.h] */
#define __HYPERVISOR_multicall 13                       /* several calls in one: struct multicall_entry */
#define __HYPERVISOR_update_va_mapping 14               /* write the L1 entry of an address: UVMF_* */
#define __HYPERVISOR_set_timer_op 15                    /* one-shot timer, absolute system time in ns */
#define __HYPERVISOR_event_channel_op_compat 16         /* event_channel_op with struct evtchn_op */
#define __HYPERVISOR_xen_version 17                     /* [version.h] */
#define __HYPERVISOR_console_io 18                      /* hypervisor console: CONSOLEIO_* */
#define __HYPERVISOR_physdev_op_compat 19               /* physdev_op with struct physdev_op */
#define __HYPERVISOR_grant_table_op 20                  /* [grant_table.h] */
#define __HYPERVISOR_vm_assist 21                       /* VMASST_* */
#define __HYPERVISOR_update_va_mapping_otherdomain 22   /* update_va_mapping of a foreign frame */
#define __HYPERVISOR_iret 23                            /* return from an exception: struct iret_context */
#define __HYPERVISOR_vcpu_op 24                         /* [vcpu.h] */
#define __HYPERVISOR_set_segment_base 25                /* FS and GS bases: SEGBASE_* */
#define __HYPERVISOR_mmuext_op 26                       /* pin, switch roots, flush: struct mmuext_op */
#define __HYPERVISOR_xsm_op 27                          /* security module */
#define __HYPERVISOR_nmi_op 28                          /* [nmi.h] */
#define __HYPERVISOR_sched_op 29                        /* [sched.h] */
#define __HYPERVISOR_callback_op 30                     /* [callback.h] */
#define __HYPERVISOR_xenoprof_op 31                     /* profiler */
#define __HYPERVISOR_event_channel_op 32                /* [event_channel.h] */
#define __HYPERVISOR_physdev_op 33                      /* [physdev.h] */
#define __HYPERVISOR_hvm_op 34                          /* hardware-assisted guests */
#define __HYPERVISOR_sysctl 35                          /* [sysctl.h] control domain only */
#define __HYPERVISOR_domctl 36                          /* [domctl.h] control domain only */
#define __HYPERVISOR_kexec_op 37                        /* crash kernel */
#define __HYPERVISOR_tmem_op 38                         /* transcendent memory, gone since Xen 4.13 */
#define __HYPERVISOR_argo_op 39                         /* message rings between domains */
#define __HYPERVISOR_xenpmu_op 40                       /* performance counters */
#define __HYPERVISOR_dm_op 41                           /* device models */
#define __HYPERVISOR_hypfs_op 42                        /* hypervisor parameters as a tree */

/* Numbers that belong to the processor architecture; 48 is the machine-check interface on x86. */
#define __HYPERVISOR_arch_0 48
#define __HYPERVISOR_arch_1 49
#define __HYPERVISOR_arch_2 50
#define __HYPERVISOR_arch_3 51
#define __HYPERVISOR_arch_4 52
#define __HYPERVISOR_arch_5 53
#define __HYPERVISOR_arch_6 54
#define __HYPERVISOR_arch_7 55

/* In old revisions the plain names meant the calls that are now called _compat. */
#if __XEN_INTERFACE_VERSION__ < 0x00030101
#undef __HYPERVISOR_sched_op
#define __HYPERVISOR_sched_op __HYPERVISOR_sched_op_compat
#endif
#if __XEN_INTERFACE_VERSION__ < 0x00030202
#undef __HYPERVISOR_event_channel_op
#undef __HYPERVISOR_physdev_op
#define __HYPERVISOR_event_channel_op __HYPERVISOR_event_channel_op_compat
#define __HYPERVISOR_physdev_op __HYPERVISOR_physdev_op_compat
#endif
#if __XEN_INTERFACE_VERSION__ < 0x00030204
#define __HYPERVISOR_dom0_op __HYPERVISOR_platform_op
#endif

/* Virtual interrupts, bound to a port by EVTCHNOP_bind_virq. A per-vcpu one has its own port on each vcpu and
 * stays there. A global one has one port in one domain; it starts on vcpu 0 and may be moved; those marked
 * "control" go to the control domain unless XEN_DOMCTL_set_virq_handler gives them to another. */
#define VIRQ_TIMER 0          /* per vcpu: a timer of this vcpu expired */
#define VIRQ_DEBUG 1          /* per vcpu: an operator asks the guest to print its state */
#define VIRQ_CONSOLE 2        /* global, control: input for CONSOLEIO_read */
#define VIRQ_DOM_EXC 3        /* global, control: a domain was shut down, died or was freed */
#define VIRQ_TBUF 4           /* global, control: trace records wait */
#define VIRQ_DEBUGGER 6       /* global, control: a domain stopped at a breakpoint */
#define VIRQ_XENOPROF 7       /* per vcpu: profiler samples wait */
#define VIRQ_CON_RING 8       /* global, control: the hypervisor wrote into its console ring */
#define VIRQ_PCPU_STATE 9     /* global, control: a physical CPU came or went */
#define VIRQ_MEM_EVENT 10     /* global, control: a memory event waits */
#define VIRQ_ARGO 11          /* global: an argo message arrived */
#define VIRQ_ENOMEM 12        /* global, control: the hypervisor's memory runs low */
#define VIRQ_XENPMU 13        /* per vcpu: a performance counter overflowed */
#define VIRQ_ARCH_0 16        /* 16 to 23 belong to the architecture; 16 is the machine check on x86 */
#define VIRQ_ARCH_1 17
#define VIRQ_ARCH_2 18
#define VIRQ_ARCH_3 19
#define VIRQ_ARCH_4 20
#define VIRQ_ARCH_5 21
#define VIRQ_ARCH_6 22
#define VIRQ_ARCH_7 23
#define NR_VIRQS 24           /* one above the highest number */

/* mmu_update(const struct mmu_update *reqs, unsigned count, unsigned *done, unsigned foreigndom)
 * Writes page-table entries, in order, until one is refused. The two low bits of reqs[i].ptr say how, the
 * rest is a machine address.
 *   done        NULL, or where the number of completed requests is stored, also after an error
 *   foreigndom  bits 0-15: owner of the frames that new entries map (DOMID_SELF, a domain that the caller
 *               controls, or DOMID_IO for device memory); bits 16-31: 0, or 1 + the owner of the tables
 *   errors      -XEN_EINVAL not a page table, or an entry with bits or a frame that may not be there;
 *               -XEN_ESRCH no such domain */
#define MMU_NORMAL_PT_UPDATE 0        /* ptr: address of the entry, val: its new value */
#define MMU_MACHPHYS_UPDATE 1    /* ptr: address inside a frame, val: pfn for the machine-to-physical table */
#define MMU_PT_UPDATE_PRESERVE_AD 2   /* as 0, keeping accessed and dirty bits that are set at that moment */
#define MMU_PT_UPDATE_NO_TRANSLATE 3  /* as 0; val holds an mfn even in a translated guest */

/* mmuext_op(struct mmuext_op *ops, unsigned count, unsigned *done, unsigned foreigndom)
 * Everything about page tables that is not a write to an entry. Runs until one op is refused; `done` and
 * `foreigndom` (bits 0-15) as for mmu_update.
 *   errors      -XEN_EINVAL wrong frame, type or address; -XEN_EPERM a frame of somebody else's;
 *               -XEN_EBUSY the frame is in use as something else */
#define MMUEXT_PIN_L1_TABLE 0     /* mfn: keep this frame typed as an L1 table; its entries are checked now */
#define MMUEXT_PIN_L2_TABLE 1         /* ... L2 */
#define MMUEXT_PIN_L3_TABLE 2         /* ... L3 */
#define MMUEXT_PIN_L4_TABLE 3         /* ... L4, which may then be used as a root */
#define MMUEXT_UNPIN_TABLE 4          /* mfn: undo one pin */
#define MMUEXT_NEW_BASEPTR 5          /* mfn: root while in guest kernel mode, as a write to CR3 */
#define MMUEXT_TLB_FLUSH_LOCAL 6      /* forget all translations of this vcpu */
#define MMUEXT_INVLPG_LOCAL 7         /* linear_addr: forget its translation on this vcpu */
#define MMUEXT_TLB_FLUSH_MULTI 8      /* vcpumask: forget all translations of these vcpus */
#define MMUEXT_INVLPG_MULTI 9         /* linear_addr, vcpumask */
#define MMUEXT_TLB_FLUSH_ALL 10       /* all vcpus of the domain */
#define MMUEXT_INVLPG_ALL 11          /* linear_addr, all vcpus of the domain */
#define MMUEXT_FLUSH_CACHE 12         /* write back and invalidate the data caches (domains with devices) */
#define MMUEXT_SET_LDT 13             /* linear_addr, nr_ents: the LDT; page aligned, at most 8192 entries */
#define MMUEXT_NEW_USER_BASEPTR 15    /* mfn: root while in guest user mode; 0 for none */
#define MMUEXT_CLEAR_PAGE 16          /* mfn: fill with zeros */
#define MMUEXT_COPY_PAGE 17           /* mfn: destination, src_mfn: source */
#define MMUEXT_FLUSH_CACHE_GLOBAL 18  /* MMUEXT_FLUSH_CACHE on all CPUs */
#define MMUEXT_MARK_SUPER 19          /* superpage marks, gone since Xen 4.8 */
#define MMUEXT_UNMARK_SUPER 20

#ifndef __ASSEMBLY__
/* Argument of mmuext_op; which members count depends on cmd, see above. */
struct mmuext_op {
    unsigned int cmd;                           /* MMUEXT_* */
    union {
        xen_pfn_t mfn;
        unsigned long linear_addr;              /* address in the guest's current address space */
    } arg1;
    union {
        unsigned int nr_ents;                   /* descriptors of 8 bytes */
#if __XEN_INTERFACE_VERSION__ >= 0x00030205
        XEN_GUEST_HANDLE(const_void) vcpumask;  /* bitmap: bit n is vcpu n */
#else
        const void *vcpumask;
#endif
        xen_pfn_t src_mfn;
    } arg2;
};
typedef struct mmuext_op mmuext_op_t;
DEFINE_XEN_GUEST_HANDLE(mmuext_op_t);
ABI_LAYOUT(struct mmuext_op, 24, (cmd, 0), (arg1.mfn, 8), (arg1.linear_addr, 8), (arg2.nr_ents, 16),
           (arg2.vcpumask, 16), (arg2.src_mfn, 16));
#endif

/* update_va_mapping(unsigned long va, uint64_t val, unsigned long flags)
 * update_va_mapping_otherdomain(va, val, flags, domid_t owner_of_the_frame)
 * Writes the L1 entry that maps `va` in the current address space. Flags: what to forget afterwards, and
 * where: the low two bits choose, UVMF_ALL or a pointer to a vcpu bitmap (aligned to 8) says on which vcpus.
 *   errors   -XEN_EINVAL no L1 table there, or the entry is refused */
#define UVMF_NONE (xen_mk_ulong(0) << 0)            /* forget nothing */
#define UVMF_TLB_FLUSH (xen_mk_ulong(1) << 0)       /* forget everything */
#define UVMF_INVLPG (xen_mk_ulong(2) << 0)          /* forget `va` */
#define UVMF_FLUSHTYPE_MASK (xen_mk_ulong(3) << 0)
#define UVMF_MULTI (xen_mk_ulong(0) << 2)           /* where: the bitmap whose address is in the upper bits */
#define UVMF_LOCAL (xen_mk_ulong(0) << 2)           /* where: this vcpu (upper bits zero) */
#define UVMF_ALL (xen_mk_ulong(1) << 2)             /* where: every vcpu of the domain */

/* console_io(unsigned cmd, unsigned bytes, char *buffer): the hypervisor's own console.
 *   write: prints; returns 0.   read: returns the number of bytes taken, 0 if none wait.
 *   errors   -XEN_EPERM the caller may not (reading is for the control domain alone) */
#define CONSOLEIO_write 0
#define CONSOLEIO_read 1

/* vm_assist(unsigned cmd, unsigned type): help that a domain can ask for.
 *   errors   -XEN_EINVAL no such type, or not for this kind of guest */
#define VMASST_CMD_enable 0
#define VMASST_CMD_disable 1
#define VMASST_TYPE_4gb_segments 0          /* 32-bit guests: emulate segments that cross the hypervisor */
#define VMASST_TYPE_4gb_segments_notify 1   /* 32-bit guests: trap 15 whenever that happens */
#define VMASST_TYPE_writable_pagetables 2   /* a plain write to an L1 table is trapped, checked and done */
#define VMASST_TYPE_pae_extended_cr3 3      /* 32-bit guests: L3 above 4 GiB */
#define VMASST_TYPE_architectural_iopl 4    /* IOPL lives in the guest's RFLAGS as on bare hardware */
#define VMASST_TYPE_runstate_update_flag 5  /* XEN_RUNSTATE_UPDATE is set while the record changes (vcpu.h) */
#define VMASST_TYPE_m2p_strict 32           /* no machine-to-physical table in guest user mode */
#if __XEN_INTERFACE_VERSION__ < 0x00040600
#define MAX_VMASST_TYPE 3
#endif

/* Domain numbers below DOMID_FIRST_RESERVED are domains; the rest have a meaning of their own. */
#define DOMID_FIRST_RESERVED xen_mk_uint(0x7FF0)
#define DOMID_SELF xen_mk_uint(0x7FF0)      /* the caller */
#define DOMID_IO xen_mk_uint(0x7FF1)        /* owner of device memory */
#define DOMID_XEN xen_mk_uint(0x7FF2)       /* owner of pages that the hypervisor shares */
#define DOMID_COW xen_mk_uint(0x7FF3)       /* owner of deduplicated pages */
#define DOMID_INVALID xen_mk_uint(0x7FF4)   /* nobody */
#define DOMID_IDLE xen_mk_uint(0x7FFF)      /* the idle vcpus */
#define DOMID_MASK xen_mk_uint(0x7FFF)      /* the bits of a number that count */

#ifndef __ASSEMBLY__

/* A domain number. */
typedef uint16_t domid_t;

/* One request to mmu_update. */
struct mmu_update {
    uint64_t ptr;   /* machine address | MMU_* */
    uint64_t val;   /* new contents */
};
typedef struct mmu_update mmu_update_t;
DEFINE_XEN_GUEST_HANDLE(mmu_update_t);
ABI_LAYOUT(struct mmu_update, 16, (ptr, 0), (val, 8));

/* multicall(struct multicall_entry *calls, unsigned count): does the calls in order; each gets its own
 * result. Returns 0 when all were done, whatever their results. */
struct multicall_entry {
    xen_ulong_t op;        /* __HYPERVISOR_* */
    xen_ulong_t result;    /* out */
    xen_ulong_t args[6];
};
typedef struct multicall_entry multicall_entry_t;
DEFINE_XEN_GUEST_HANDLE(multicall_entry_t);
ABI_LAYOUT(struct multicall_entry, 64, (op, 0), (result, 8), (args, 16));

#if __XEN_INTERFACE_VERSION__ < 0x00040400
#define NR_EVENT_CHANNELS EVTCHN_2L_NR_CHANNELS   /* event_channel.h */
#endif

/* How a vcpu computes the time without a hypercall. The hypervisor makes `version` odd, writes, and makes it
 * even again: read version, read the rest, read version again, and retry if it was odd or has changed.
 *   delta   = TSC - tsc_timestamp, shifted left by tsc_shift (right if negative)
 *   time ns = system_time + (delta * tsc_to_system_mul >> 32)      (a product of 96 bits) */
struct vcpu_time_info {
    uint32_t version;
    uint32_t pad0;
    uint64_t tsc_timestamp;       /* TSC when the record was written */
    uint64_t system_time;         /* ns since the host booted, at that moment */
    uint32_t tsc_to_system_mul;   /* ns per shifted tick, as a fraction of 2^32 */
    int8_t tsc_shift;
#if __XEN_INTERFACE_VERSION__ > 0x040600
    uint8_t flags;                /* XEN_PVCLOCK_* */
    uint8_t pad1[2];
#else
    int8_t pad1[3];
#endif
};
typedef struct vcpu_time_info vcpu_time_info_t;
ABI_LAYOUT(struct vcpu_time_info, 32, (version, 0), (pad0, 4), (tsc_timestamp, 8), (system_time, 16),
           (tsc_to_system_mul, 24), (tsc_shift, 28));

#define XEN_PVCLOCK_TSC_STABLE_BIT (1 << 0)   /* comparing the times of different vcpus is safe */
#define XEN_PVCLOCK_GUEST_STOPPED (1 << 1)    /* the guest was paused for long; cleared by the guest */

/* What the hypervisor shares with one vcpu: in shared_info for vcpus below XEN_LEGACY_MAX_VCPUS, or where
 * VCPUOP_register_vcpu_info puts it. */
struct vcpu_info {
    uint8_t evtchn_upcall_pending;    /* set by the hypervisor with the first event, cleared by the guest */
    uint8_t evtchn_upcall_mask;       /* guest: non-zero, no upcalls now (the PV form of RFLAGS.IF = 0) */
    xen_ulong_t evtchn_pending_sel;   /* bit n: word n of evtchn_pending has something new for this vcpu */
    struct arch_vcpu_info arch;
    vcpu_time_info_t time;
};
typedef struct vcpu_info vcpu_info_t;
ABI_LAYOUT(struct vcpu_info, 64, (evtchn_upcall_pending, 0), (evtchn_upcall_mask, 1),
           (evtchn_pending_sel, 8), (arch, 16), (time, 32));

/* The page that the hypervisor shares with a domain; its machine address is in start_info.
 * Ports of the two-level event ABI: bit p % 64 of word p / 64. `pending` is set by the hypervisor and cleared
 * by the guest before it looks for work. `mask` belongs to the guest; a port that became pending while masked
 * gives no upcall on a plain clearing of its mask bit: look, or use EVTCHNOP_unmask. */
struct shared_info {
    struct vcpu_info vcpu_info[XEN_LEGACY_MAX_VCPUS];
    xen_ulong_t evtchn_pending[sizeof(xen_ulong_t) * 8];
    xen_ulong_t evtchn_mask[sizeof(xen_ulong_t) * 8];
    uint32_t wc_version;              /* odd while the next three change, as vcpu_time_info.version */
    uint32_t wc_sec;                  /* UTC when system time was 0: seconds since 1970, low half; ... */
    uint32_t wc_nsec;                 /* ... nanoseconds, ... */
    uint32_t wc_sec_hi;               /* ... seconds, high half */
#define xen_wc_sec_hi wc_sec_hi
    struct arch_shared_info arch;
};
typedef struct shared_info shared_info_t;
ABI_LAYOUT(struct shared_info, 3136, (vcpu_info, 0), (evtchn_pending, 2048), (evtchn_mask, 2560),
           (wc_version, 3072), (wc_sec, 3076), (wc_nsec, 3080), (wc_sec_hi, 3084), (arch, 3088));

/* Longest kernel command line, with its NUL. */
#define MAX_GUEST_CMDLINE 1024

/* What a PV guest finds at the address in RSI when it starts. Everything from the kernel image to the boot
 * stack lies in one region of virtual memory that starts at VIRT_BASE (elfnote.h) and ends at a multiple of 4
 * MiB, with 512 KiB or more to spare, in this order: image; ramdisk (may be outside: SIF_MOD_START_PFN); p2m
 * list (may be outside: XEN_ELFNOTE_INIT_P2M); start_info; in a domU the store page, then the console page;
 * page tables; one page of stack, whose end is in RSP. Each starts on a page of its own. Pfns of the region
 * rise with its addresses, from 0. All is mapped writable except the page tables. */
struct start_info {
    char magic[32];                   /* "xen-4.17-x86_64" */
    unsigned long nr_pages;           /* frames that the domain owns */
    unsigned long shared_info;        /* machine address of struct shared_info */
    uint32_t flags;                   /* SIF_* */
    xen_pfn_t store_mfn;              /* ring page of the store (io/xs_wire.h), 0 in the initial domain ... */
    uint32_t store_evtchn;            /* ... and its port */
    union {
        struct {
            xen_pfn_t mfn;            /* ring page of the console (io/console.h) ... */
            uint32_t evtchn;          /* ... and its port */
        } domU;
        struct {
            uint32_t info_off;        /* struct dom0_vga_console_info: bytes from here on, 0 for none ... */
            uint32_t info_size;       /* ... and its length */
        } dom0;
    } console;
    /* From here on valid at the first start only, not after a resume. */
    unsigned long pt_base;            /* virtual address of the L4 table */
    unsigned long nr_pt_frames;       /* page-table frames in the region */
    unsigned long mfn_list;       /* virtual address of the p2m list: mfn of pfn i at index i, 8 bytes each */
    unsigned long mod_start;         /* ramdisk: virtual address, or pfn with SIF_MOD_START_PFN; 0 for none */
    unsigned long mod_len;            /* its bytes */
    int8_t cmd_line[MAX_GUEST_CMDLINE];
    unsigned long first_p2m_pfn;      /* where the p2m list lies if it is outside the region ... */
    unsigned long nr_p2m_frames;      /* ... with the page tables that map it */
};
typedef struct start_info start_info_t;
ABI_LAYOUT(struct start_info, 1168, (magic, 0), (nr_pages, 32), (shared_info, 40), (flags, 48),
           (store_mfn, 56), (store_evtchn, 64), (console.domU.mfn, 72), (console.domU.evtchn, 80),
           (console.dom0.info_off, 72), (console.dom0.info_size, 76), (pt_base, 88), (nr_pt_frames, 96),
           (mfn_list, 104), (mod_start, 112), (mod_len, 120), (cmd_line, 128), (first_p2m_pfn, 1152),
           (nr_p2m_frames, 1160));

#if __XEN_INTERFACE_VERSION__ < 0x00030203
#define console_mfn console.domU.mfn
#define console_evtchn console.domU.evtchn
#endif

#endif /* !__ASSEMBLY__ */

/* start_info.flags */
#define SIF_PRIVILEGED (1 << 0)        /* may use the control interface */
#define SIF_INITDOMAIN (1 << 1)        /* the domain that the hypervisor started by itself */
#define SIF_MULTIBOOT_MOD (1 << 2)     /* mod_start is a list of struct xen_multiboot_mod_list */
#define SIF_MOD_START_PFN (1 << 3)     /* mod_start is a pfn */
#define SIF_VIRT_P2M_4TOOLS (1 << 4)   /* the tools read p2m_vaddr (struct arch_shared_info) */
#define SIF_PM_MASK (0xFF << 8)        /* options of the power manager */

#ifndef __ASSEMBLY__

/* With SIF_MULTIBOOT_MOD: mod_start begins with an array of these, ended by one with mod_start 0. Addresses
 * are relative to the start of the array. */
struct xen_multiboot_mod_list {
    uint32_t mod_start;   /* first byte */
    uint32_t mod_end;     /* last byte */
    uint32_t cmdline;     /* NUL-terminated text */
    uint32_t pad;         /* 0 */
};
ABI_LAYOUT(struct xen_multiboot_mod_list, 16, (mod_start, 0), (mod_end, 4), (cmdline, 8), (pad, 12));

/* dom0_vga_console_info.video_type: which member of u counts. */
#define XEN_VGATYPE_TEXT_MODE_3 0x03   /* text screen */
#define XEN_VGATYPE_VESA_LFB 0x23      /* linear frame buffer found through VESA */
#define XEN_VGATYPE_EFI_LFB 0x70       /* linear frame buffer found through EFI */

/* The screen that the initial domain inherits. */
typedef struct dom0_vga_console_info {
    uint8_t video_type;
    union {
        struct {
            uint16_t font_height;                 /* pixels */
            uint16_t cursor_x, cursor_y;          /* column, row */
            uint16_t rows, columns;               /* characters */
        } text_mode_3;
        struct {
            uint16_t width, height;               /* pixels */
            uint16_t bytes_per_line;
            uint16_t bits_per_pixel;
            uint32_t lfb_base;                    /* physical address, low half */
            uint32_t lfb_size;                    /* units of 64 KiB */
            uint8_t red_pos, red_size;            /* lowest bit and number of bits of each colour */
            uint8_t green_pos, green_size;
            uint8_t blue_pos, blue_size;
            uint8_t rsvd_pos, rsvd_size;
#if __XEN_INTERFACE_VERSION__ >= 0x00030206
            uint32_t gbl_caps;                    /* VESA capabilities */
            uint16_t mode_attrs;                  /* VESA mode attributes */
            uint16_t pad;
#endif
#if __XEN_INTERFACE_VERSION__ >= 0x00040d00
            uint32_t ext_lfb_base;                /* physical address, high half */
#endif
        } vesa_lfb;
    } u;
} dom0_vga_console_info_t;
#define xen_vga_console_info dom0_vga_console_info
#define xen_vga_console_info_t dom0_vga_console_info_t
#if __XEN_INTERFACE_VERSION__ >= 0x00040d00
ABI_LAYOUT(struct dom0_vga_console_info, 40, (video_type, 0), (u.text_mode_3.font_height, 4),
           (u.text_mode_3.cursor_x, 6), (u.text_mode_3.cursor_y, 8), (u.text_mode_3.rows, 10),
           (u.text_mode_3.columns, 12), (u.vesa_lfb.width, 4), (u.vesa_lfb.height, 6),
           (u.vesa_lfb.bytes_per_line, 8), (u.vesa_lfb.bits_per_pixel, 10), (u.vesa_lfb.lfb_base, 12),
           (u.vesa_lfb.lfb_size, 16), (u.vesa_lfb.red_pos, 20), (u.vesa_lfb.red_size, 21),
           (u.vesa_lfb.green_pos, 22), (u.vesa_lfb.green_size, 23), (u.vesa_lfb.blue_pos, 24),
           (u.vesa_lfb.blue_size, 25), (u.vesa_lfb.rsvd_pos, 26), (u.vesa_lfb.rsvd_size, 27),
           (u.vesa_lfb.gbl_caps, 28), (u.vesa_lfb.mode_attrs, 32), (u.vesa_lfb.pad, 34),
           (u.vesa_lfb.ext_lfb_base, 36));
#endif

/* UUID of a domain, as the tools choose it. */
typedef uint8_t xen_domain_handle_t[16];
ABI_SIZE(xen_domain_handle_t, 16);

/* A UUID. XEN_DEFINE_UUID(0xe5a06f1c, 0x27d4, 0x4b0e, 0x9f33, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06) makes the
 * one whose text is e5a06f1c-27d4-4b0e-9f33-010203040506; its bytes are in the order of the text. */
typedef struct {
    uint8_t a[16];
} xen_uuid_t;
ABI_SIZE(xen_uuid_t, 16);

#define XEN_UUID_BYTE_(value, bit) (((value) >> (bit)) & 0xFF)
#define XEN_UUID_HALF_(value) XEN_UUID_BYTE_(value, 8), XEN_UUID_BYTE_(value, 0)
#define XEN_DEFINE_UUID_(a, b, c, d, e1, e2, e3, e4, e5, e6)                                              \
    { { XEN_UUID_BYTE_(a, 24), XEN_UUID_BYTE_(a, 16), XEN_UUID_HALF_(a), XEN_UUID_HALF_(b),               \
        XEN_UUID_HALF_(c), XEN_UUID_HALF_(d), e1, e2, e3, e4, e5, e6 } }
#ifdef __cplusplus
#define XEN_DEFINE_UUID(a, b, c, d, e1, e2, e3, e4, e5, e6) \
    (xen_uuid_t XEN_DEFINE_UUID_(a, b, c, d, e1, e2, e3, e4, e5, e6))
#else
#define XEN_DEFINE_UUID(a, b, c, d, e1, e2, e3, e4, e5, e6) \
    ((xen_uuid_t)XEN_DEFINE_UUID_(a, b, c, d, e1, e2, e3, e4, e5, e6))
#endif

/* Types of the control interface (domctl.h, sysctl.h): 8-byte numbers and pointers, whatever the caller. */
#ifndef int64_aligned_t
#define int64_aligned_t int64_t
#endif
#ifndef uint64_aligned_t
#define uint64_aligned_t uint64_t
#endif
#ifndef XEN_GUEST_HANDLE_64
#define XEN_GUEST_HANDLE_64(name) XEN_GUEST_HANDLE(name)
#endif

/* A bitmap in the caller's memory: CPUs, nodes. Bit n is bit n % 8 of byte n / 8. */
struct xenctl_bitmap {
    XEN_GUEST_HANDLE_64(uint8) bitmap;
    uint32_t nr_bits;
};
typedef struct xenctl_bitmap xenctl_bitmap_t;
ABI_LAYOUT(struct xenctl_bitmap, 16, (bitmap, 0), (nr_bits, 8));

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_XEN_H__ */
