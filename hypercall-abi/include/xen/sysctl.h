/* Control of the host, for the control domain: sysctl(struct xen_sysctl *op).
 * Source of all names, numbers and layouts: Xen 4.17 public/sysctl.h.
 *
 * The caller fills in cmd, interface_version and the member of u that belongs to cmd; what a structure marks
 * "out" is filled in by the hypervisor. A result of 0 is success. Common errors: -XEN_EACCES another
 * interface_version; -XEN_EPERM the caller is not the control domain; -XEN_EINVAL an argument out of range;
 * -XEN_ENOSYS no such command; -XEN_EOPNOTSUPP not on this host. Lists: a NULL handle asks only for the
 * number of entries.
 *
 * All commands have their numbers here; those without a structure here are not served. */
#ifndef __XEN_PUBLIC_SYSCTL_H__
#define __XEN_PUBLIC_SYSCTL_H__

#include "xen.h"
#include "domctl.h"
#include "physdev.h"

/* The interface of Xen 4.17; other versions have other layouts. */
#define XEN_SYSCTL_INTERFACE_VERSION 0x00000015

/* xen_sysctl.cmd. Without a comment: see the structure of that name. */
#define XEN_SYSCTL_readconsole 1
#define XEN_SYSCTL_tbuf_op 2
#define XEN_SYSCTL_physinfo 3
#define XEN_SYSCTL_sched_id 4
#define XEN_SYSCTL_perfc_op 5
#define XEN_SYSCTL_getdomaininfolist 6
#define XEN_SYSCTL_debug_keys 7
#define XEN_SYSCTL_getcpuinfo 8
#define XEN_SYSCTL_availheap 9
#define XEN_SYSCTL_get_pmstat 10
#define XEN_SYSCTL_cpu_hotplug 11
#define XEN_SYSCTL_pm_op 12
#define XEN_SYSCTL_page_offline_op 14
#define XEN_SYSCTL_lockprof_op 15
#define XEN_SYSCTL_cputopoinfo 16
#define XEN_SYSCTL_numainfo 17
#define XEN_SYSCTL_cpupool_op 18
#define XEN_SYSCTL_scheduler_op 19
#define XEN_SYSCTL_coverage_op 20
#define XEN_SYSCTL_psr_cmt_op 21
#define XEN_SYSCTL_pcitopoinfo 22
#define XEN_SYSCTL_psr_alloc 23
#define XEN_SYSCTL_get_cpu_levelling_caps 25   /* xen_sysctl_cpu_levelling_caps */
#define XEN_SYSCTL_get_cpu_featureset 26       /* xen_sysctl_cpu_featureset */
#define XEN_SYSCTL_livepatch_op 27
#define XEN_SYSCTL_get_cpu_policy 29           /* xen_sysctl_cpu_policy */

/* readconsole: what the hypervisor printed. */
struct xen_sysctl_readconsole {
    uint8_t clear;                             /* forget it afterwards */
    uint8_t incremental;                       /* from `index` on, not from the oldest byte */
    uint8_t pad0, pad1;
    uint32_t index;                            /* in, out: where the next incremental read begins */
    XEN_GUEST_HANDLE_64(char) buffer;
    uint32_t count;                            /* bytes; out: bytes stored, without a NUL */
};
ABI_LAYOUT(struct xen_sysctl_readconsole, 24, (clear, 0), (incremental, 1), (pad0, 2), (pad1, 3), (index, 4),
           (buffer, 8), (count, 16));

/* physinfo.capabilities: what domains can have. */
#define _XEN_SYSCTL_PHYSCAP_hvm 0
#define XEN_SYSCTL_PHYSCAP_hvm (1u << _XEN_SYSCTL_PHYSCAP_hvm)
#define _XEN_SYSCTL_PHYSCAP_pv 1
#define XEN_SYSCTL_PHYSCAP_pv (1u << _XEN_SYSCTL_PHYSCAP_pv)
#define _XEN_SYSCTL_PHYSCAP_directio 2         /* devices of their own, behind an I/O MMU */
#define XEN_SYSCTL_PHYSCAP_directio (1u << _XEN_SYSCTL_PHYSCAP_directio)
#define _XEN_SYSCTL_PHYSCAP_hap 3
#define XEN_SYSCTL_PHYSCAP_hap (1u << _XEN_SYSCTL_PHYSCAP_hap)
#define _XEN_SYSCTL_PHYSCAP_shadow 4
#define XEN_SYSCTL_PHYSCAP_shadow (1u << _XEN_SYSCTL_PHYSCAP_shadow)
#define _XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share 5
#define XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share (1u << _XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share)
#define XEN_SYSCTL_PHYSCAP_vmtrace (1u << 6)
#define XEN_SYSCTL_PHYSCAP_vpmu (1u << 7)
#define XEN_SYSCTL_PHYSCAP_gnttab_v1 (1u << 8)
#define XEN_SYSCTL_PHYSCAP_gnttab_v2 (1u << 9)
#define XEN_SYSCTL_PHYSCAP_MAX XEN_SYSCTL_PHYSCAP_gnttab_v2

/* physinfo: the machine, all "out". */
struct xen_sysctl_physinfo {
    uint32_t threads_per_core;
    uint32_t cores_per_socket;
    uint32_t nr_cpus;                          /* in use */
    uint32_t max_cpu_id;
    uint32_t nr_nodes;                         /* memory nodes */
    uint32_t max_node_id;
    uint32_t cpu_khz;                          /* rate of the TSC */
    uint32_t capabilities;                     /* XEN_SYSCTL_PHYSCAP_* */
    uint32_t arch_capabilities;
    uint32_t pad;
    uint64_aligned_t total_pages;              /* frames that domains and the hypervisor's heap share */
    uint64_aligned_t free_pages;
    uint64_aligned_t scrub_pages;              /* free but not yet cleared, part of the free ones */
    uint64_aligned_t outstanding_pages;        /* set aside by XENMEM_claim_pages */
    uint64_aligned_t max_mfn;
    uint32_t hw_cap[8];                        /* CPUID words */
};
ABI_LAYOUT(struct xen_sysctl_physinfo, 112, (threads_per_core, 0), (cores_per_socket, 4), (nr_cpus, 8),
           (max_cpu_id, 12), (nr_nodes, 16), (max_node_id, 20), (cpu_khz, 24), (capabilities, 28),
           (arch_capabilities, 32), (pad, 36), (total_pages, 40), (free_pages, 48), (scrub_pages, 56),
           (outstanding_pages, 64), (max_mfn, 72), (hw_cap, 80));

/* sched_id: the scheduler in use. */
struct xen_sysctl_sched_id {
    uint32_t sched_id;                         /* out: XEN_SCHEDULER_* (domctl.h) */
};
ABI_LAYOUT(struct xen_sysctl_sched_id, 4, (sched_id, 0));

/* perfc_op: counters of events inside the hypervisor. Values lie in one list, in the order of the
 * descriptions. */
#define XEN_SYSCTL_PERFCOP_reset 1
#define XEN_SYSCTL_PERFCOP_query 2
struct xen_sysctl_perfc_desc {
    char name[80];
    uint32_t nr_vals;                          /* values of this counter: one, or one a CPU */
};
typedef struct xen_sysctl_perfc_desc xen_sysctl_perfc_desc_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_perfc_desc_t);
ABI_LAYOUT(struct xen_sysctl_perfc_desc, 84, (name, 0), (nr_vals, 80));
typedef uint32_t xen_sysctl_perfc_val_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_perfc_val_t);
struct xen_sysctl_perfc_op {
    uint32_t cmd;                              /* XEN_SYSCTL_PERFCOP_* */
    uint32_t nr_counters;                      /* out */
    uint32_t nr_vals;                          /* out */
    XEN_GUEST_HANDLE_64(xen_sysctl_perfc_desc_t) desc;
    XEN_GUEST_HANDLE_64(xen_sysctl_perfc_val_t) val;
};
ABI_LAYOUT(struct xen_sysctl_perfc_op, 32, (cmd, 0), (nr_counters, 4), (nr_vals, 8), (desc, 16), (val, 24));

/* getdomaininfolist: the domains from a number on, in rising order. */
struct xen_sysctl_getdomaininfolist {
    domid_t first_domain;
    uint32_t max_domains;                      /* room in the buffer */
    XEN_GUEST_HANDLE_64(xen_domctl_getdomaininfo_t) buffer;
    uint32_t num_domains;                      /* out: entries stored */
};
ABI_LAYOUT(struct xen_sysctl_getdomaininfolist, 24, (first_domain, 0), (max_domains, 4), (buffer, 8),
           (num_domains, 16));

/* debug_keys: as if typed at the hypervisor's console. */
struct xen_sysctl_debug_keys {
    XEN_GUEST_HANDLE_64(const_char) keys;
    uint32_t nr_keys;
};
ABI_LAYOUT(struct xen_sysctl_debug_keys, 16, (keys, 0), (nr_keys, 8));

/* getcpuinfo: the idle time of each CPU. */
struct xen_sysctl_cpuinfo {
    uint64_aligned_t idletime;                 /* ns */
};
typedef struct xen_sysctl_cpuinfo xen_sysctl_cpuinfo_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_cpuinfo_t);
ABI_LAYOUT(struct xen_sysctl_cpuinfo, 8, (idletime, 0));
struct xen_sysctl_getcpuinfo {
    uint32_t max_cpus;                         /* room in the list */
    XEN_GUEST_HANDLE_64(xen_sysctl_cpuinfo_t) info;
    uint32_t nr_cpus;                          /* out: entries stored */
};
ABI_LAYOUT(struct xen_sysctl_getcpuinfo, 24, (max_cpus, 0), (info, 8), (nr_cpus, 16));

/* availheap: free memory with addresses of that width, on that node. */
struct xen_sysctl_availheap {
    uint32_t min_bitwidth;                     /* 0 for no bound, as the next */
    uint32_t max_bitwidth;
    int32_t node;                              /* -1 for all */
    uint64_aligned_t avail_bytes;              /* out */
};
ABI_LAYOUT(struct xen_sysctl_availheap, 24, (min_bitwidth, 0), (max_bitwidth, 4), (node, 8),
           (avail_bytes, 16));

/* lockprof_op: how long locks were held and waited for. */
#define XEN_SYSCTL_LOCKPROF_reset 1
#define XEN_SYSCTL_LOCKPROF_query 2
#define LOCKPROF_TYPE_GLOBAL 0                 /* one lock for the host */
#define LOCKPROF_TYPE_PERDOM 1                 /* one a domain, idx is its number */
#define LOCKPROF_TYPE_N 2
struct xen_sysctl_lockprof_data {
    char name[40];
    int32_t type;                              /* LOCKPROF_TYPE_* */
    int32_t idx;
    uint64_aligned_t lock_cnt;                 /* times taken */
    uint64_aligned_t block_cnt;                /* times waited for */
    uint64_aligned_t lock_time;                /* ns held */
    uint64_aligned_t block_time;               /* ns waited for */
};
typedef struct xen_sysctl_lockprof_data xen_sysctl_lockprof_data_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_lockprof_data_t);
ABI_LAYOUT(struct xen_sysctl_lockprof_data, 80, (name, 0), (type, 40), (idx, 44), (lock_cnt, 48),
           (block_cnt, 56), (lock_time, 64), (block_time, 72));
struct xen_sysctl_lockprof_op {
    uint32_t cmd;                              /* XEN_SYSCTL_LOCKPROF_* */
    uint32_t max_elem;                         /* room in the list */
    uint32_t nr_elem;                          /* out: entries there are */
    uint64_aligned_t time;                     /* out: ns since the last reset */
    XEN_GUEST_HANDLE_64(xen_sysctl_lockprof_data_t) data;
};
ABI_LAYOUT(struct xen_sysctl_lockprof_op, 32, (cmd, 0), (max_elem, 4), (nr_elem, 8), (time, 16), (data, 24));

/* What has no place in the topology. */
#define XEN_INVALID_CORE_ID (~0U)
#define XEN_INVALID_SOCKET_ID (~0U)
#define XEN_INVALID_NODE_ID (~0U)
#define XEN_INVALID_MEM_SZ (~0U)
#define XEN_INVALID_NODE_DIST (~0U)

/* cputopoinfo: where each CPU is. */
struct xen_sysctl_cputopo {
    uint32_t core;
    uint32_t socket;
    uint32_t node;
};
typedef struct xen_sysctl_cputopo xen_sysctl_cputopo_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_cputopo_t);
ABI_LAYOUT(struct xen_sysctl_cputopo, 12, (core, 0), (socket, 4), (node, 8));
struct xen_sysctl_cputopoinfo {
    uint32_t num_cpus;                         /* room; out: CPUs there are */
    XEN_GUEST_HANDLE_64(xen_sysctl_cputopo_t) cputopo;
};
ABI_LAYOUT(struct xen_sysctl_cputopoinfo, 16, (num_cpus, 0), (cputopo, 8));

/* numainfo: memory of each node, and the distances between them. */
struct xen_sysctl_meminfo {
    uint64_t memsize;                          /* bytes */
    uint64_t memfree;
};
typedef struct xen_sysctl_meminfo xen_sysctl_meminfo_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_meminfo_t);
ABI_LAYOUT(struct xen_sysctl_meminfo, 16, (memsize, 0), (memfree, 8));
struct xen_sysctl_numainfo {
    uint32_t num_nodes;                        /* room; out: nodes there are */
    XEN_GUEST_HANDLE_64(xen_sysctl_meminfo_t) meminfo;
    XEN_GUEST_HANDLE_64(uint32) distance;      /* num_nodes * num_nodes */
};
ABI_LAYOUT(struct xen_sysctl_numainfo, 24, (num_nodes, 0), (meminfo, 8), (distance, 16));

/* cpupool_op: groups of CPUs with a scheduler each. */
#define XEN_SYSCTL_CPUPOOL_OP_CREATE 1         /* sched_id, cpupool_id (out) */
#define XEN_SYSCTL_CPUPOOL_OP_DESTROY 2        /* cpupool_id */
#define XEN_SYSCTL_CPUPOOL_OP_INFO 3           /* first at or above cpupool_id; out: all. -XEN_ENOENT none */
#define XEN_SYSCTL_CPUPOOL_OP_ADDCPU 4         /* cpupool_id, cpu */
#define XEN_SYSCTL_CPUPOOL_OP_RMCPU 5          /* cpupool_id, cpu */
#define XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN 6     /* cpupool_id, domid */
#define XEN_SYSCTL_CPUPOOL_OP_FREEINFO 7       /* out: cpumap of CPUs in none */
#define XEN_SYSCTL_CPUPOOL_PAR_ANY 0xFFFFFFFF  /* any cpupool_id, any cpu */
struct xen_sysctl_cpupool_op {
    uint32_t op;                               /* XEN_SYSCTL_CPUPOOL_OP_* */
    uint32_t cpupool_id;
    uint32_t sched_id;
    uint32_t domid;
    uint32_t cpu;
    uint32_t n_dom;                            /* out: domains in it */
    struct xenctl_bitmap cpumap;               /* out */
};
ABI_LAYOUT(struct xen_sysctl_cpupool_op, 40, (op, 0), (cpupool_id, 4), (sched_id, 8), (domid, 12), (cpu, 16),
           (n_dom, 20), (cpumap, 24));

/* scheduler_op: parameters of a scheduler as a whole. */
#define XEN_SYSCTL_SCHEDOP_putinfo 0
#define XEN_SYSCTL_SCHEDOP_getinfo 1
#define XEN_SYSCTL_SCHED_RATELIMIT_MAX 500000
#define XEN_SYSCTL_SCHED_RATELIMIT_MIN 100
#define XEN_SYSCTL_CSCHED_TSLICE_MAX 1000
#define XEN_SYSCTL_CSCHED_TSLICE_MIN 1
#define XEN_SYSCTL_CSCHED_MGR_DLY_MAX_US (100 * 1000)
struct xen_sysctl_credit_schedule {
    uint32_t tslice_ms;                        /* longest run of a vcpu while others wait */
    uint32_t ratelimit_us;                     /* shortest run before it can be pushed aside; 0: any */
    uint32_t vcpu_migr_delay_us;               /* a vcpu that ran less long ago stays on its CPU */
};
ABI_LAYOUT(struct xen_sysctl_credit_schedule, 12, (tslice_ms, 0), (ratelimit_us, 4), (vcpu_migr_delay_us, 8));
struct xen_sysctl_credit2_schedule {
    uint32_t ratelimit_us;
};
ABI_LAYOUT(struct xen_sysctl_credit2_schedule, 4, (ratelimit_us, 0));

/* A fixed schedule: who runs how long in each frame. */
#define ARINC653_MAX_DOMAINS_PER_SCHEDULE 64
struct xen_sysctl_arinc653_schedule {
    uint64_aligned_t major_frame;              /* ns */
    uint8_t num_sched_entries;
    struct {
        xen_domain_handle_t dom_handle;
        uint32_t vcpu_id;
        uint64_aligned_t runtime;              /* ns */
    } sched_entries[ARINC653_MAX_DOMAINS_PER_SCHEDULE];
};
typedef struct xen_sysctl_arinc653_schedule xen_sysctl_arinc653_schedule_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_arinc653_schedule_t);
ABI_LAYOUT(struct xen_sysctl_arinc653_schedule, 2064, (major_frame, 0), (num_sched_entries, 8),
           (sched_entries[1].dom_handle, 48), (sched_entries[1].vcpu_id, 64), (sched_entries[1].runtime, 72));

struct xen_sysctl_scheduler_op {
    uint32_t cpupool_id;
    uint32_t sched_id;                         /* XEN_SCHEDULER_* (domctl.h) */
    uint32_t cmd;                              /* XEN_SYSCTL_SCHEDOP_* */
    union {
        struct xen_sysctl_sched_arinc653 {
            XEN_GUEST_HANDLE_64(xen_sysctl_arinc653_schedule_t) schedule;
        } sched_arinc653;
        struct xen_sysctl_credit_schedule sched_credit;
        struct xen_sysctl_credit2_schedule sched_credit2;
    } u;
};
ABI_LAYOUT(struct xen_sysctl_scheduler_op, 32, (cpupool_id, 0), (sched_id, 4), (cmd, 8),
           (u.sched_arinc653, 16), (u.sched_credit, 16), (u.sched_credit2, 16));

/* Memory node of a device that does not exist. */
#define XEN_INVALID_DEV (XEN_INVALID_NODE_ID - 1)

/* pcitopoinfo: memory nodes of PCI devices. */
struct xen_sysctl_pcitopoinfo {
    uint32_t num_devs;                         /* entries; out: entries done */
    XEN_GUEST_HANDLE_64(physdev_pci_device_t) devs;
    XEN_GUEST_HANDLE_64(uint32) nodes;
};
ABI_LAYOUT(struct xen_sysctl_pcitopoinfo, 24, (num_devs, 0), (devs, 8), (nodes, 16));

/* get_cpu_levelling_caps: which parts of CPUID the CPUs can change for a guest by themselves. */
#define XEN_SYSCTL_CPU_LEVELCAP_faulting (1ul << 0)
#define XEN_SYSCTL_CPU_LEVELCAP_ecx (1ul << 1)
#define XEN_SYSCTL_CPU_LEVELCAP_edx (1ul << 2)
#define XEN_SYSCTL_CPU_LEVELCAP_extd_ecx (1ul << 3)
#define XEN_SYSCTL_CPU_LEVELCAP_extd_edx (1ul << 4)
#define XEN_SYSCTL_CPU_LEVELCAP_xsave_eax (1ul << 5)
#define XEN_SYSCTL_CPU_LEVELCAP_thermal_ecx (1ul << 6)
#define XEN_SYSCTL_CPU_LEVELCAP_l7s0_eax (1ul << 7)
#define XEN_SYSCTL_CPU_LEVELCAP_l7s0_ebx (1ul << 8)
struct xen_sysctl_cpu_levelling_caps {
    uint32_t caps;                             /* out: XEN_SYSCTL_CPU_LEVELCAP_* */
};
ABI_LAYOUT(struct xen_sysctl_cpu_levelling_caps, 4, (caps, 0));

/* get_cpu_featureset: CPU features as bitmaps by CPUID word: of the CPU, of the host after its
 * command line, and what each kind of guest gets by default or at most. */
#define XEN_SYSCTL_cpu_featureset_raw 0
#define XEN_SYSCTL_cpu_featureset_host 1
#define XEN_SYSCTL_cpu_featureset_pv 2
#define XEN_SYSCTL_cpu_featureset_hvm 3
#define XEN_SYSCTL_cpu_featureset_pv_max 4
#define XEN_SYSCTL_cpu_featureset_hvm_max 5
struct xen_sysctl_cpu_featureset {
    uint32_t index;                            /* XEN_SYSCTL_cpu_featureset_* */
    uint32_t nr_features;                      /* words; out: words used */
    XEN_GUEST_HANDLE_64(uint32) features;
};
ABI_LAYOUT(struct xen_sysctl_cpu_featureset, 16, (index, 0), (nr_features, 4), (features, 8));

/* get_cpu_policy: the same as full lists of CPUID leaves and MSRs. -XEN_ENOBUFS lists too short. */
#define XEN_SYSCTL_cpu_policy_raw 0
#define XEN_SYSCTL_cpu_policy_host 1
#define XEN_SYSCTL_cpu_policy_pv_max 2
#define XEN_SYSCTL_cpu_policy_hvm_max 3
#define XEN_SYSCTL_cpu_policy_pv_default 4
#define XEN_SYSCTL_cpu_policy_hvm_default 5
struct xen_sysctl_cpu_policy {
    uint32_t index;                            /* XEN_SYSCTL_cpu_policy_* */
    uint32_t nr_leaves;                        /* entries; out: entries used */
    uint32_t nr_msrs;
    uint32_t _rsvd;
    XEN_GUEST_HANDLE_64(xen_cpuid_leaf_t) leaves;
    XEN_GUEST_HANDLE_64(xen_msr_entry_t) msrs;
};
typedef struct xen_sysctl_cpu_policy xen_sysctl_cpu_policy_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_cpu_policy_t);
ABI_LAYOUT(struct xen_sysctl_cpu_policy, 32, (index, 0), (nr_leaves, 4), (nr_msrs, 8), (_rsvd, 12),
           (leaves, 16), (msrs, 24));

/* The argument of the hypercall. */
struct xen_sysctl {
    uint32_t cmd;                              /* XEN_SYSCTL_* */
    uint32_t interface_version;                /* XEN_SYSCTL_INTERFACE_VERSION */
    union {
        struct xen_sysctl_readconsole readconsole;
        struct xen_sysctl_physinfo physinfo;
        struct xen_sysctl_cputopoinfo cputopoinfo;
        struct xen_sysctl_pcitopoinfo pcitopoinfo;
        struct xen_sysctl_numainfo numainfo;
        struct xen_sysctl_sched_id sched_id;
        struct xen_sysctl_perfc_op perfc_op;
        struct xen_sysctl_getdomaininfolist getdomaininfolist;
        struct xen_sysctl_debug_keys debug_keys;
        struct xen_sysctl_getcpuinfo getcpuinfo;
        struct xen_sysctl_availheap availheap;
        struct xen_sysctl_lockprof_op lockprof_op;
        struct xen_sysctl_cpupool_op cpupool_op;
        struct xen_sysctl_scheduler_op scheduler_op;
        struct xen_sysctl_cpu_levelling_caps cpu_levelling_caps;
        struct xen_sysctl_cpu_featureset cpu_featureset;
        struct xen_sysctl_cpu_policy cpu_policy;
        uint8_t pad[128];
    } u;
};
typedef struct xen_sysctl xen_sysctl_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_t);
ABI_LAYOUT(struct xen_sysctl, 136, (cmd, 0), (interface_version, 4), (u, 8));

#endif /* __XEN_PUBLIC_SYSCTL_H__ */
