/* Control of one domain, for the control domain: domctl(struct xen_domctl *op).
 * Source of all names, numbers and layouts: Xen 4.17 public/domctl.h.
 *
 * The caller fills in cmd, interface_version, domain and the member of u that belongs to cmd; what a
 * structure marks "out" is filled in by the hypervisor. A result of 0 is success. Common errors: -XEN_EACCES
 * another interface_version; -XEN_ESRCH no such domain; -XEN_EPERM the caller is not the control domain;
 * -XEN_EINVAL an argument out of range; -XEN_ENOSYS no such command; -XEN_EOPNOTSUPP not here or not for this
 * kind of domain.
 *
 * All commands have their numbers here; those without a structure here are not served. */
#ifndef __XEN_PUBLIC_DOMCTL_H__
#define __XEN_PUBLIC_DOMCTL_H__

#include "xen.h"
#include "event_channel.h"
#include "grant_table.h"
#include "memory.h"

/* The interface of Xen 4.17; other versions have other layouts. */
#define XEN_DOMCTL_INTERFACE_VERSION 0x00000015

/* xen_domctl.cmd. Without a comment: see the structure of that name. */
#define XEN_DOMCTL_createdomain 1
#define XEN_DOMCTL_destroydomain 2          /* end it and free all that it has */
#define XEN_DOMCTL_pausedomain 3            /* stop its vcpus; pauses add up */
#define XEN_DOMCTL_unpausedomain 4          /* undo one; a new domain has one */
#define XEN_DOMCTL_getdomaininfo 5
#define XEN_DOMCTL_setvcpuaffinity 9        /* xen_domctl_vcpuaffinity */
#define XEN_DOMCTL_shadow_op 10
#define XEN_DOMCTL_max_mem 11
#define XEN_DOMCTL_setvcpucontext 12        /* xen_domctl_vcpucontext */
#define XEN_DOMCTL_getvcpucontext 13        /* xen_domctl_vcpucontext */
#define XEN_DOMCTL_getvcpuinfo 14
#define XEN_DOMCTL_max_vcpus 15
#define XEN_DOMCTL_scheduler_op 16
#define XEN_DOMCTL_setdomainhandle 17
#define XEN_DOMCTL_setdebugging 18
#define XEN_DOMCTL_irq_permission 19
#define XEN_DOMCTL_iomem_permission 20
#define XEN_DOMCTL_ioport_permission 21
#define XEN_DOMCTL_hypercall_init 22
#define XEN_DOMCTL_settimeoffset 24
#define XEN_DOMCTL_getvcpuaffinity 25       /* xen_domctl_vcpuaffinity */
#define XEN_DOMCTL_real_mode_area 26
#define XEN_DOMCTL_resumedomain 27          /* a domain that shut down goes on; SHUTDOWN_suspend called off */
#define XEN_DOMCTL_sendtrigger 28
#define XEN_DOMCTL_subscribe 29
#define XEN_DOMCTL_gethvmcontext 33
#define XEN_DOMCTL_sethvmcontext 34
#define XEN_DOMCTL_set_address_size 35      /* xen_domctl_address_size */
#define XEN_DOMCTL_get_address_size 36      /* xen_domctl_address_size */
#define XEN_DOMCTL_assign_device 37
#define XEN_DOMCTL_bind_pt_irq 38
#define XEN_DOMCTL_memory_mapping 39
#define XEN_DOMCTL_ioport_mapping 40
#define XEN_DOMCTL_set_ext_vcpucontext 42   /* xen_domctl_ext_vcpucontext */
#define XEN_DOMCTL_get_ext_vcpucontext 43   /* xen_domctl_ext_vcpucontext */
#define XEN_DOMCTL_set_opt_feature 44
#define XEN_DOMCTL_test_assign_device 45
#define XEN_DOMCTL_set_target 46
#define XEN_DOMCTL_deassign_device 47
#define XEN_DOMCTL_unbind_pt_irq 48
#define XEN_DOMCTL_get_device_group 50
#define XEN_DOMCTL_debug_op 54
#define XEN_DOMCTL_gethvmcontext_partial 55
#define XEN_DOMCTL_vm_event_op 56
#define XEN_DOMCTL_mem_sharing_op 57
#define XEN_DOMCTL_gettscinfo 59            /* xen_domctl_tsc_info */
#define XEN_DOMCTL_settscinfo 60            /* xen_domctl_tsc_info */
#define XEN_DOMCTL_getpageframeinfo3 61
#define XEN_DOMCTL_setvcpuextstate 62       /* xen_domctl_vcpuextstate */
#define XEN_DOMCTL_getvcpuextstate 63       /* xen_domctl_vcpuextstate */
#define XEN_DOMCTL_set_access_required 64
#define XEN_DOMCTL_audit_p2m 65
#define XEN_DOMCTL_set_virq_handler 66
#define XEN_DOMCTL_set_broken_page_p2m 67
#define XEN_DOMCTL_setnodeaffinity 68       /* xen_domctl_nodeaffinity */
#define XEN_DOMCTL_getnodeaffinity 69       /* xen_domctl_nodeaffinity */
#define XEN_DOMCTL_cacheflush 71
#define XEN_DOMCTL_get_vcpu_msrs 72         /* xen_domctl_vcpu_msrs */
#define XEN_DOMCTL_set_vcpu_msrs 73         /* xen_domctl_vcpu_msrs */
#define XEN_DOMCTL_setvnumainfo 74
#define XEN_DOMCTL_psr_cmt_op 75
#define XEN_DOMCTL_monitor_op 77
#define XEN_DOMCTL_psr_alloc 78
#define XEN_DOMCTL_soft_reset 79            /* after SHUTDOWN_soft_reset: forget all but memory and vcpus */
#define XEN_DOMCTL_vuart_op 81
#define XEN_DOMCTL_get_cpu_policy 82        /* xen_domctl_cpu_policy */
#define XEN_DOMCTL_set_cpu_policy 83        /* xen_domctl_cpu_policy */
#define XEN_DOMCTL_vmtrace_op 84
#define XEN_DOMCTL_get_paging_mempool_size 85   /* xen_domctl_paging_mempool */
#define XEN_DOMCTL_set_paging_mempool_size 86   /* xen_domctl_paging_mempool */
#define XEN_DOMCTL_gdbsx_guestmemio 1000
#define XEN_DOMCTL_gdbsx_pausevcpu 1001
#define XEN_DOMCTL_gdbsx_unpausevcpu 1002
#define XEN_DOMCTL_gdbsx_domstatus 1003

/* xen_domctl_createdomain.flags: a bit number and its mask each. All clear: a PV guest. */
#define _XEN_DOMCTL_CDF_hvm 0               /* hardware-assisted */
#define XEN_DOMCTL_CDF_hvm (1U << _XEN_DOMCTL_CDF_hvm)
#define _XEN_DOMCTL_CDF_hap 1               /* with nested paging */
#define XEN_DOMCTL_CDF_hap (1U << _XEN_DOMCTL_CDF_hap)
#define _XEN_DOMCTL_CDF_s3_integrity 2      /* memory is checked over a host's sleep */
#define XEN_DOMCTL_CDF_s3_integrity (1U << _XEN_DOMCTL_CDF_s3_integrity)
#define _XEN_DOMCTL_CDF_oos_off 3           /* shadow paging without delayed updates */
#define XEN_DOMCTL_CDF_oos_off (1U << _XEN_DOMCTL_CDF_oos_off)
#define _XEN_DOMCTL_CDF_xs_domain 4         /* it runs the store */
#define XEN_DOMCTL_CDF_xs_domain (1U << _XEN_DOMCTL_CDF_xs_domain)
#define _XEN_DOMCTL_CDF_iommu 5             /* devices may be assigned */
#define XEN_DOMCTL_CDF_iommu (1U << _XEN_DOMCTL_CDF_iommu)
#define _XEN_DOMCTL_CDF_nested_virt 6
#define XEN_DOMCTL_CDF_nested_virt (1U << _XEN_DOMCTL_CDF_nested_virt)
#define XEN_DOMCTL_CDF_vpmu (1U << 7)       /* performance counters */
#define XEN_DOMCTL_CDF_MAX XEN_DOMCTL_CDF_vpmu

/* xen_domctl_createdomain.iommu_opts */
#define _XEN_DOMCTL_IOMMU_no_sharept 0      /* page tables of its own for devices */
#define XEN_DOMCTL_IOMMU_no_sharept (1U << _XEN_DOMCTL_IOMMU_no_sharept)
#define XEN_DOMCTL_IOMMU_MAX XEN_DOMCTL_IOMMU_no_sharept

/* xen_domctl_createdomain.grant_opts: highest version of the grant table. */
#define XEN_DOMCTL_GRANT_version_mask 0xf
#define XEN_DOMCTL_GRANT_version(v) ((v) & XEN_DOMCTL_GRANT_version_mask)

/* createdomain: a new domain without memory and vcpus running, paused. `domain` is the number wanted, or 0
 * for one that is free; out: its number.
 *   errors   -XEN_EEXIST the number is taken; -XEN_ENOMEM; -XEN_EINVAL options that don't exist or agree */
struct xen_domctl_createdomain {
    uint32_t ssidref;                       /* security label, 0 */
    xen_domain_handle_t handle;             /* UUID */
    uint32_t flags;                         /* XEN_DOMCTL_CDF_* */
    uint32_t iommu_opts;                    /* XEN_DOMCTL_IOMMU_* */
    uint32_t max_vcpus;                     /* at least 1; XEN_DOMCTL_max_vcpus makes them */
    uint32_t max_evtchn_port;               /* highest port */
    int32_t max_grant_frames;               /* pages of its grant table; -1: the host's default */
    int32_t max_maptrack_frames;        /* pages of handles for grants that it maps; -1: the host's default */
    uint32_t grant_opts;                    /* XEN_DOMCTL_GRANT_version() */
    uint32_t vmtrace_size;                  /* bytes of processor trace a vcpu, 0 */
    uint32_t cpupool_id;                    /* 0 */
    struct xen_arch_domainconfig arch;
};
ABI_LAYOUT(struct xen_domctl_createdomain, 64, (ssidref, 0), (handle, 4), (flags, 20), (iommu_opts, 24),
           (max_vcpus, 28), (max_evtchn_port, 32), (max_grant_frames, 36), (max_maptrack_frames, 40),
           (grant_opts, 44), (vmtrace_size, 48), (cpupool_id, 52), (arch, 56));

/* xen_domctl_getdomaininfo.flags: a bit number and its mask each; bits 16-23: SHUTDOWN_* (sched.h). */
#define _XEN_DOMINF_dying 0                 /* is being destroyed */
#define XEN_DOMINF_dying (1U << _XEN_DOMINF_dying)
#define _XEN_DOMINF_hvm_guest 1
#define XEN_DOMINF_hvm_guest (1U << _XEN_DOMINF_hvm_guest)
#define _XEN_DOMINF_shutdown 2              /* has stopped itself, or crashed */
#define XEN_DOMINF_shutdown (1U << _XEN_DOMINF_shutdown)
#define _XEN_DOMINF_paused 3                /* by a tool */
#define XEN_DOMINF_paused (1U << _XEN_DOMINF_paused)
#define _XEN_DOMINF_blocked 4               /* all vcpus asleep */
#define XEN_DOMINF_blocked (1U << _XEN_DOMINF_blocked)
#define _XEN_DOMINF_running 5               /* a vcpu is on a CPU */
#define XEN_DOMINF_running (1U << _XEN_DOMINF_running)
#define _XEN_DOMINF_debugged 6
#define XEN_DOMINF_debugged (1U << _XEN_DOMINF_debugged)
#define _XEN_DOMINF_xs_domain 7
#define XEN_DOMINF_xs_domain (1U << _XEN_DOMINF_xs_domain)
#define _XEN_DOMINF_hap 8
#define XEN_DOMINF_hap (1U << _XEN_DOMINF_hap)
#define XEN_DOMINF_shutdownmask 255
#define XEN_DOMINF_shutdownshift 16

/* max_vcpu_id of a domain without vcpus. */
#define XEN_INVALID_MAX_VCPU_ID (~0U)

/* getdomaininfo: what a domain is and does, all "out"; also of the first one at or above `domain`, so
 * compare. */
struct xen_domctl_getdomaininfo {
    domid_t domain;
    uint16_t pad1;
    uint32_t flags;                         /* XEN_DOMINF_* */
    uint64_aligned_t tot_pages;             /* frames it owns */
    uint64_aligned_t max_pages;             /* frames it may own */
    uint64_aligned_t outstanding_pages;     /* frames set aside for it (XENMEM_claim_pages) */
    uint64_aligned_t shr_pages;             /* shared, translated guests */
    uint64_aligned_t paged_pages;           /* on disk, translated guests */
    uint64_aligned_t shared_info_frame;     /* mfn of struct shared_info */
    uint64_aligned_t cpu_time;              /* ns, all vcpus */
    uint32_t nr_online_vcpus;
    uint32_t max_vcpu_id;
    uint32_t ssidref;
    xen_domain_handle_t handle;
    uint32_t cpupool;
    uint8_t gpaddr_bits;                    /* width of its physical addresses */
    uint8_t pad2[7];
    struct xen_arch_domainconfig arch_config;
};
typedef struct xen_domctl_getdomaininfo xen_domctl_getdomaininfo_t;
DEFINE_XEN_GUEST_HANDLE(xen_domctl_getdomaininfo_t);
ABI_LAYOUT(struct xen_domctl_getdomaininfo, 112, (domain, 0), (pad1, 2), (flags, 4), (tot_pages, 8),
           (max_pages, 16), (outstanding_pages, 24), (shr_pages, 32), (paged_pages, 40),
           (shared_info_frame, 48), (cpu_time, 56), (nr_online_vcpus, 64), (max_vcpu_id, 68), (ssidref, 72),
           (handle, 76), (cpupool, 92), (gpaddr_bits, 96), (pad2, 97), (arch_config, 104));

/* Types of frames, in bits 28-31 of each number that getpageframeinfo3 returns. */
#define XEN_DOMCTL_PFINFO_LTAB_SHIFT 28
#define XEN_DOMCTL_PFINFO_NOTAB (0x0U << 28)
#define XEN_DOMCTL_PFINFO_L1TAB (0x1U << 28)
#define XEN_DOMCTL_PFINFO_L2TAB (0x2U << 28)
#define XEN_DOMCTL_PFINFO_L3TAB (0x3U << 28)
#define XEN_DOMCTL_PFINFO_L4TAB (0x4U << 28)
#define XEN_DOMCTL_PFINFO_LTABTYPE_MASK (0x7U << 28)
#define XEN_DOMCTL_PFINFO_LPINTAB (0x1U << 31)   /* added to a table's type: it is pinned */
#define XEN_DOMCTL_PFINFO_XTAB (0xfU << 28)      /* not a frame of the domain */
#define XEN_DOMCTL_PFINFO_XALLOC (0xeU << 28)    /* to be allocated only (streams of old) */
#define XEN_DOMCTL_PFINFO_BROKEN (0xdU << 28)    /* its memory is defective */
#define XEN_DOMCTL_PFINFO_LTAB_MASK (0xfU << 28)

/* getpageframeinfo3: types of a list of frames. */
struct xen_domctl_getpageframeinfo3 {
    uint64_aligned_t num;                        /* entries, at most 1024 */
    XEN_GUEST_HANDLE_64(xen_pfn_t) array;        /* in: mfns (translated guests: pfns); out: types */
};
ABI_LAYOUT(struct xen_domctl_getpageframeinfo3, 16, (num, 0), (array, 8));

/* shadow_op.op; .mode */
#define XEN_DOMCTL_SHADOW_OP_OFF 0
#define XEN_DOMCTL_SHADOW_OP_ENABLE 32                   /* with these features: */
#define XEN_DOMCTL_SHADOW_ENABLE_REFCOUNT (1 << 1)
#define XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY (1 << 2)      /* remember which frames were written */
#define XEN_DOMCTL_SHADOW_ENABLE_TRANSLATE (1 << 3)
#define XEN_DOMCTL_SHADOW_ENABLE_EXTERNAL (1 << 4)
#define XEN_DOMCTL_SHADOW_OP_ENABLE_TEST 1
#define XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY 2           /* ENABLE with LOG_DIRTY alone */
#define XEN_DOMCTL_SHADOW_OP_CLEAN 11                    /* out: bitmap by pfn; then begin anew */
#define XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL (1 << 0)        /* mode of CLEAN: it is the last time */
#define XEN_DOMCTL_SHADOW_OP_PEEK 12                     /* out: bitmap by pfn */
#define XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION 30           /* out: mb */
#define XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION 31

/* shadow_op: following a running domain's writes, for live migration. */
struct xen_domctl_shadow_op_stats {
    uint32_t fault_count;
    uint32_t dirty_count;
};
ABI_LAYOUT(struct xen_domctl_shadow_op_stats, 8, (fault_count, 0), (dirty_count, 4));
struct xen_domctl_shadow_op {
    uint32_t op;                                 /* XEN_DOMCTL_SHADOW_OP_* */
    uint32_t mode;
    uint32_t mb;                                 /* MiB of memory for it */
    XEN_GUEST_HANDLE_64(uint8) dirty_bitmap;     /* NULL: only count */
    uint64_aligned_t pages;                      /* bits; out: bits valid */
    struct xen_domctl_shadow_op_stats stats;     /* out */
};
ABI_LAYOUT(struct xen_domctl_shadow_op, 40, (op, 0), (mode, 4), (mb, 8), (dirty_bitmap, 16), (pages, 24),
           (stats, 32));

/* max_mem: the memory it may own; less than it owns only keeps it from getting more. */
struct xen_domctl_max_mem {
    uint64_aligned_t max_memkb;                  /* KiB */
};
ABI_LAYOUT(struct xen_domctl_max_mem, 8, (max_memkb, 0));

/* setvcpucontext, getvcpucontext: the registers of a vcpu that does not run. A NULL handle of
 * setvcpucontext returns the vcpu to the state of a new one. */
struct xen_domctl_vcpucontext {
    uint32_t vcpu;
    XEN_GUEST_HANDLE_64(vcpu_guest_context_t) ctxt;
};
ABI_LAYOUT(struct xen_domctl_vcpucontext, 16, (vcpu, 0), (ctxt, 8));

/* getvcpuinfo: what a vcpu does. -XEN_ESRCH no such vcpu. */
struct xen_domctl_getvcpuinfo {
    uint32_t vcpu;
    uint8_t online;                              /* out, as the rest: is up */
    uint8_t blocked;
    uint8_t running;
    uint64_aligned_t cpu_time;                   /* ns */
    uint32_t cpu;                                /* where it runs or ran last */
};
ABI_LAYOUT(struct xen_domctl_getvcpuinfo, 24, (vcpu, 0), (online, 4), (blocked, 5), (running, 6),
           (cpu_time, 8), (cpu, 16));

/* setnodeaffinity, getnodeaffinity: memory nodes that it should use. */
struct xen_domctl_nodeaffinity {
    struct xenctl_bitmap nodemap;
};
ABI_LAYOUT(struct xen_domctl_nodeaffinity, 16, (nodemap, 0));

/* xen_domctl_vcpuaffinity.flags: a bit number and its mask each. */
#define _XEN_VCPUAFFINITY_HARD 0                 /* it runs nowhere else */
#define XEN_VCPUAFFINITY_HARD (1U << _XEN_VCPUAFFINITY_HARD)
#define _XEN_VCPUAFFINITY_SOFT 1                 /* it had better run there */
#define XEN_VCPUAFFINITY_SOFT (1U << _XEN_VCPUAFFINITY_SOFT)
#define _XEN_VCPUAFFINITY_FORCE 2                /* also undo SCHEDOP_pin_override */
#define XEN_VCPUAFFINITY_FORCE (1U << _XEN_VCPUAFFINITY_FORCE)

/* setvcpuaffinity, getvcpuaffinity: the CPUs of a vcpu. After a set the maps hold what is in effect. */
struct xen_domctl_vcpuaffinity {
    uint32_t vcpu;
    uint32_t flags;                              /* XEN_VCPUAFFINITY_*: which of the maps */
    struct xenctl_bitmap cpumap_hard;
    struct xenctl_bitmap cpumap_soft;
};
ABI_LAYOUT(struct xen_domctl_vcpuaffinity, 40, (vcpu, 0), (flags, 4), (cpumap_hard, 8), (cpumap_soft, 24));

/* max_vcpus: make its vcpus, all down; the number given to createdomain. -XEN_EINVAL another number. */
struct xen_domctl_max_vcpus {
    uint32_t max;
};
ABI_LAYOUT(struct xen_domctl_max_vcpus, 4, (max, 0));

/* Schedulers: sched_id here and in sysctl.h. */
#define XEN_SCHEDULER_CREDIT 5
#define XEN_SCHEDULER_CREDIT2 6
#define XEN_SCHEDULER_ARINC653 7
#define XEN_SCHEDULER_RTDS 8
#define XEN_SCHEDULER_NULL 9

/* Parameters of a domain or vcpu under one of them. */
struct xen_domctl_sched_credit {
    uint16_t weight;                             /* share, 1 to 65535, 256 at first; 0 in a put: leave it */
    uint16_t cap;                          /* percent of one CPU, 0 for no limit; 0xffff in a put: leave it */
};
ABI_LAYOUT(struct xen_domctl_sched_credit, 4, (weight, 0), (cap, 2));
struct xen_domctl_sched_credit2 {
    uint16_t weight;
    uint16_t cap;
};
ABI_LAYOUT(struct xen_domctl_sched_credit2, 4, (weight, 0), (cap, 2));
#define _XEN_DOMCTL_SCHEDRT_extra 0              /* may use CPU time that is left over */
#define XEN_DOMCTL_SCHEDRT_extra (1U << _XEN_DOMCTL_SCHEDRT_extra)
struct xen_domctl_sched_rtds {
    uint32_t period;                             /* us */
    uint32_t budget;                             /* us of each period */
    uint32_t flags;                              /* XEN_DOMCTL_SCHEDRT_* */
};
ABI_LAYOUT(struct xen_domctl_sched_rtds, 12, (period, 0), (budget, 4), (flags, 8));

typedef struct xen_domctl_schedparam_vcpu {
    union {
        struct xen_domctl_sched_credit credit;
        struct xen_domctl_sched_credit2 credit2;
        struct xen_domctl_sched_rtds rtds;
    } u;
    uint32_t vcpuid;
} xen_domctl_schedparam_vcpu_t;
DEFINE_XEN_GUEST_HANDLE(xen_domctl_schedparam_vcpu_t);
ABI_LAYOUT(struct xen_domctl_schedparam_vcpu, 16, (u.credit, 0), (u.credit2, 0), (u.rtds, 0), (vcpuid, 12));

/* scheduler_op: the domain's parameters, or those of its vcpus. -XEN_EINVAL not the scheduler in use. */
#define XEN_DOMCTL_SCHEDOP_putinfo 0
#define XEN_DOMCTL_SCHEDOP_getinfo 1
#define XEN_DOMCTL_SCHEDOP_putvcpuinfo 2
#define XEN_DOMCTL_SCHEDOP_getvcpuinfo 3
struct xen_domctl_scheduler_op {
    uint32_t sched_id;                           /* XEN_SCHEDULER_* */
    uint32_t cmd;                                /* XEN_DOMCTL_SCHEDOP_* */
    union {
        struct xen_domctl_sched_credit credit;
        struct xen_domctl_sched_credit2 credit2;
        struct xen_domctl_sched_rtds rtds;
        struct {
            XEN_GUEST_HANDLE_64(xen_domctl_schedparam_vcpu_t) vcpus;
            uint32_t nr_vcpus;                   /* entries; out: entries done */
            uint32_t padding;
        } v;
    } u;
};
ABI_LAYOUT(struct xen_domctl_scheduler_op, 24, (sched_id, 0), (cmd, 4), (u.credit, 8), (u.credit2, 8),
           (u.rtds, 8), (u.v.vcpus, 8), (u.v.nr_vcpus, 16), (u.v.padding, 20));

/* setdomainhandle: a new UUID. */
struct xen_domctl_setdomainhandle {
    xen_domain_handle_t handle;
};
ABI_LAYOUT(struct xen_domctl_setdomainhandle, 16, (handle, 0));

/* setdebugging: breakpoints in it pause it and raise VIRQ_DEBUGGER. */
struct xen_domctl_setdebugging {
    uint8_t enable;
};
ABI_LAYOUT(struct xen_domctl_setdebugging, 1, (enable, 0));

/* irq_permission, iomem_permission, ioport_permission: hardware that it may use. */
struct xen_domctl_irq_permission {
    uint32_t pirq;                               /* of the caller */
    uint8_t allow_access;
    uint8_t pad[3];
};
ABI_LAYOUT(struct xen_domctl_irq_permission, 8, (pirq, 0), (allow_access, 4), (pad, 5));
struct xen_domctl_iomem_permission {
    uint64_aligned_t first_mfn;
    uint64_aligned_t nr_mfns;
    uint8_t allow_access;
};
ABI_LAYOUT(struct xen_domctl_iomem_permission, 24, (first_mfn, 0), (nr_mfns, 8), (allow_access, 16));
struct xen_domctl_ioport_permission {
    uint32_t first_port;
    uint32_t nr_ports;
    uint8_t allow_access;
};
ABI_LAYOUT(struct xen_domctl_ioport_permission, 12, (first_port, 0), (nr_ports, 4), (allow_access, 8));

/* hypercall_init: write the hypercall page into one of its frames. -XEN_EACCES the frame is not for writing.
 * */
struct xen_domctl_hypercall_init {
    uint64_aligned_t gmfn;
};
ABI_LAYOUT(struct xen_domctl_hypercall_init, 8, (gmfn, 0));

/* settimeoffset: its wall clock is the host's plus this. */
struct xen_domctl_settimeoffset {
    int64_aligned_t time_offset_seconds;
};
ABI_LAYOUT(struct xen_domctl_settimeoffset, 8, (time_offset_seconds, 0));

/* set_address_size, get_address_size: 64, or 32 for a kernel of 32 bits, while it has no memory. */
struct xen_domctl_address_size {
    uint32_t size;
};
ABI_LAYOUT(struct xen_domctl_address_size, 4, (size, 0));

/* sendtrigger: press a button. */
#define XEN_DOMCTL_SENDTRIGGER_NMI 0
#define XEN_DOMCTL_SENDTRIGGER_RESET 1
#define XEN_DOMCTL_SENDTRIGGER_INIT 2
#define XEN_DOMCTL_SENDTRIGGER_POWER 3
#define XEN_DOMCTL_SENDTRIGGER_SLEEP 4
struct xen_domctl_sendtrigger {
    uint32_t trigger;                            /* XEN_DOMCTL_SENDTRIGGER_* */
    uint32_t vcpu;
};
ABI_LAYOUT(struct xen_domctl_sendtrigger, 8, (trigger, 0), (vcpu, 4));

/* Machine-check registers of a vcpu. */
struct hvm_vmce_vcpu {
    uint64_t caps;
    uint64_t mci_ctl2_bank0;
    uint64_t mci_ctl2_bank1;
    uint64_t mcg_ext_ctl;
};
ABI_LAYOUT(struct hvm_vmce_vcpu, 32, (caps, 0), (mci_ctl2_bank0, 8), (mci_ctl2_bank1, 16), (mcg_ext_ctl, 24));

/* set_ext_vcpucontext, get_ext_vcpucontext: what struct vcpu_guest_context has no room for. */
struct xen_domctl_ext_vcpucontext {
    uint32_t vcpu;
    uint32_t size;                               /* bytes of this structure that count; out: all of it */
    uint64_aligned_t syscall32_callback_eip;     /* entry points for 32-bit guest user mode, as callback.h */
    uint64_aligned_t sysenter_callback_eip;
    uint16_t syscall32_callback_cs;
    uint16_t sysenter_callback_cs;
    uint8_t syscall32_disables_events;
    uint8_t sysenter_disables_events;
    __extension__ union {
        uint64_aligned_t mcg_cap;
        struct hvm_vmce_vcpu vmce;
    };
};
ABI_LAYOUT(struct xen_domctl_ext_vcpucontext, 64, (vcpu, 0), (size, 4), (syscall32_callback_eip, 8),
           (sysenter_callback_eip, 16), (syscall32_callback_cs, 24), (sysenter_callback_cs, 26),
           (syscall32_disables_events, 28), (sysenter_disables_events, 29), (mcg_cap, 32), (vmce, 32));

/* set_target: it may do to another domain what a device model must. */
struct xen_domctl_set_target {
    domid_t target;
};
ABI_LAYOUT(struct xen_domctl_set_target, 2, (target, 0));

/* leaf and subleaf that match everything. */
#define XEN_CPUID_INPUT_UNUSED 0xFFFFFFFF

/* get_cpu_policy, set_cpu_policy: what CPUID and the constant MSRs tell it. -XEN_ENOBUFS lists too short;
 * -XEN_EINVAL with err_* telling which entry is not possible on this host. */
struct xen_domctl_cpu_policy {
    uint32_t nr_leaves;                          /* entries; out: entries used */
    uint32_t nr_msrs;
    XEN_GUEST_HANDLE_64(xen_cpuid_leaf_t) leaves;
    XEN_GUEST_HANDLE_64(xen_msr_entry_t) msrs;
    uint32_t err_leaf, err_subleaf, err_msr;     /* out: all ones, or the offender */
};
typedef struct xen_domctl_cpu_policy xen_domctl_cpu_policy_t;
DEFINE_XEN_GUEST_HANDLE(xen_domctl_cpu_policy_t);
ABI_LAYOUT(struct xen_domctl_cpu_policy, 40, (nr_leaves, 0), (nr_msrs, 4), (leaves, 8), (msrs, 16),
           (err_leaf, 24), (err_subleaf, 28), (err_msr, 32));

/* debug_op: one instruction at a time. */
#define XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_OFF 0
#define XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_ON 1
struct xen_domctl_debug_op {
    uint32_t op;                                 /* XEN_DOMCTL_DEBUG_OP_* */
    uint32_t vcpu;
};
ABI_LAYOUT(struct xen_domctl_debug_op, 8, (op, 0), (vcpu, 4));

/* gettscinfo, settscinfo: how its TSC behaves, for migration. */
struct xen_domctl_tsc_info {
    uint32_t tsc_mode;                           /* 0 default, 1 always emulated, 2 never */
    uint32_t gtsc_khz;                           /* rate */
    uint32_t incarnation;                        /* migrations so far */
    uint32_t pad;
    uint64_aligned_t elapsed_nsec;               /* of its life */
};
ABI_LAYOUT(struct xen_domctl_tsc_info, 24, (tsc_mode, 0), (gtsc_khz, 4), (incarnation, 8), (pad, 12),
           (elapsed_nsec, 16));

/* set_virq_handler: give a global virtual interrupt of the control domain to another domain. */
struct xen_domctl_set_virq_handler {
    uint32_t virq;                               /* VIRQ_* */
};
ABI_LAYOUT(struct xen_domctl_set_virq_handler, 4, (virq, 0));

/* setvcpuextstate, getvcpuextstate: FPU state beyond FXSAVE: two words (features enabled, features used),
 * then an XSAVE image. A NULL buffer of a get asks for the size. */
struct xen_domctl_vcpuextstate {
    uint32_t vcpu;
    uint64_aligned_t xfeature_mask;              /* features of the host (out) */
    uint64_aligned_t size;                       /* bytes; out: bytes used */
    XEN_GUEST_HANDLE_64(uint64) buffer;
};
ABI_LAYOUT(struct xen_domctl_vcpuextstate, 32, (vcpu, 0), (xfeature_mask, 8), (size, 16), (buffer, 24));

/* get_vcpu_msrs, set_vcpu_msrs: other MSRs that a vcpu has set. A NULL list of a get asks for the number. */
struct xen_domctl_vcpu_msr {
    uint32_t index;
    uint32_t reserved;                           /* 0 */
    uint64_aligned_t value;
};
typedef struct xen_domctl_vcpu_msr xen_domctl_vcpu_msr_t;
DEFINE_XEN_GUEST_HANDLE(xen_domctl_vcpu_msr_t);
ABI_LAYOUT(struct xen_domctl_vcpu_msr, 16, (index, 0), (reserved, 4), (value, 8));
struct xen_domctl_vcpu_msrs {
    uint32_t vcpu;
    uint32_t msr_count;                          /* entries; out: entries used */
    XEN_GUEST_HANDLE_64(xen_domctl_vcpu_msr_t) msrs;
};
ABI_LAYOUT(struct xen_domctl_vcpu_msrs, 16, (vcpu, 0), (msr_count, 4), (msrs, 8));

/* get_paging_mempool_size, set_paging_mempool_size: memory for its shadow or nested tables. */
struct xen_domctl_paging_mempool {
    uint64_aligned_t size;                       /* bytes, whole pages */
};
ABI_LAYOUT(struct xen_domctl_paging_mempool, 8, (size, 0));

/* The argument of the hypercall. */
struct xen_domctl {
    uint32_t cmd;                                /* XEN_DOMCTL_* */
    uint32_t interface_version;                  /* XEN_DOMCTL_INTERFACE_VERSION */
    domid_t domain;
    uint16_t _pad[3];
    union {
        struct xen_domctl_createdomain createdomain;
        struct xen_domctl_getdomaininfo getdomaininfo;
        struct xen_domctl_getpageframeinfo3 getpageframeinfo3;
        struct xen_domctl_nodeaffinity nodeaffinity;
        struct xen_domctl_vcpuaffinity vcpuaffinity;
        struct xen_domctl_shadow_op shadow_op;
        struct xen_domctl_max_mem max_mem;
        struct xen_domctl_vcpucontext vcpucontext;
        struct xen_domctl_getvcpuinfo getvcpuinfo;
        struct xen_domctl_max_vcpus max_vcpus;
        struct xen_domctl_scheduler_op scheduler_op;
        struct xen_domctl_setdomainhandle setdomainhandle;
        struct xen_domctl_setdebugging setdebugging;
        struct xen_domctl_irq_permission irq_permission;
        struct xen_domctl_iomem_permission iomem_permission;
        struct xen_domctl_ioport_permission ioport_permission;
        struct xen_domctl_hypercall_init hypercall_init;
        struct xen_domctl_settimeoffset settimeoffset;
        struct xen_domctl_tsc_info tsc_info;
        struct xen_domctl_address_size address_size;
        struct xen_domctl_sendtrigger sendtrigger;
        struct xen_domctl_ext_vcpucontext ext_vcpucontext;
        struct xen_domctl_set_target set_target;
        struct xen_domctl_debug_op debug_op;
        struct xen_domctl_cpu_policy cpu_policy;
        struct xen_domctl_vcpuextstate vcpuextstate;
        struct xen_domctl_vcpu_msrs vcpu_msrs;
        struct xen_domctl_set_virq_handler set_virq_handler;
        struct xen_domctl_paging_mempool paging_mempool;
        uint8_t pad[128];
    } u;
};
typedef struct xen_domctl xen_domctl_t;
DEFINE_XEN_GUEST_HANDLE(xen_domctl_t);
ABI_LAYOUT(struct xen_domctl, 144, (cmd, 0), (interface_version, 4), (domain, 8), (u, 16));

#endif /* __XEN_PUBLIC_DOMCTL_H__ */
