/* Memory of a domain: taking, giving back, and finding out.
 *   memory_op(int cmd, void *argument)      cmd: XENMEM_*
 * Common errors: -XEN_ESRCH no such domain; -XEN_EPERM a domain other than DOMID_SELF without the privilege.
 * Source of all names, numbers and layouts: Xen 4.17 public/memory.h. */
#ifndef __XEN_PUBLIC_MEMORY_H__
#define __XEN_PUBLIC_MEMORY_H__

#include "xen.h"
#include "physdev.h"

#define XENMEM_increase_reservation 0          /* xen_memory_reservation; returns extents done */
#define XENMEM_decrease_reservation 1          /* xen_memory_reservation; returns extents done */
#define XENMEM_maximum_ram_page 2              /* NULL; returns the highest mfn of RAM */
#define XENMEM_current_reservation 3           /* xen_memory_domain; returns the frames it owns */
#define XENMEM_maximum_reservation 4           /* xen_memory_domain; returns the frames it may own */
#define XENMEM_machphys_mfn_list 5             /* xen_machphys_mfn_list */
#define XENMEM_populate_physmap 6              /* xen_memory_reservation; returns extents done */
#define XENMEM_add_to_physmap 7                /* xen_add_to_physmap */
#define XENMEM_memory_map 9                    /* xen_memory_map: the caller's own */
#define XENMEM_machine_memory_map 10           /* xen_memory_map: the host's, for the control domain */
#define XENMEM_exchange 11                     /* xen_memory_exchange */
#define XENMEM_machphys_mapping 12             /* xen_machphys_mapping */
#define XENMEM_set_memory_map 13               /* xen_foreign_memory_map */
#define XENMEM_maximum_gpfn 14                 /* xen_memory_domain; returns its highest pfn */
#define XENMEM_remove_from_physmap 15          /* xen_remove_from_physmap */
#define XENMEM_set_pod_target 16               /* xen_pod_target */
#define XENMEM_get_pod_target 17               /* xen_pod_target */
#define XENMEM_get_sharing_freed_pages 18      /* NULL; returns a count */
#define XENMEM_get_sharing_shared_pages 19     /* NULL; returns a count */
#define XENMEM_paging_op 20                    /* xen_mem_paging_op */
#define XENMEM_access_op 21                    /* xen_mem_access_op */
#define XENMEM_sharing_op 22                   /* xen_mem_sharing_op */
#define XENMEM_add_to_physmap_batch 23         /* xen_add_to_physmap_batch */
#define XENMEM_claim_pages 24                  /* xen_memory_reservation: set memory aside for a domain */
#define XENMEM_machphys_compat_mfn_list 25     /* xen_machphys_mfn_list: of the table for 32-bit guests */
#define XENMEM_get_vnumainfo 26                /* xen_vnuma_topology_info */
#define XENMEM_reserved_device_memory_map 27   /* xen_reserved_device_memory_map */
#define XENMEM_acquire_resource 28             /* xen_mem_acquire_resource */

#if __XEN_INTERFACE_VERSION__ >= 0x00030209
/* xen_memory_reservation.mem_flags. Bits 0-7: width of the addresses that a device can reach, 0 for any; bits
 * 8-15: one more than the memory node; above, wishes. */
#define XENMEMF_address_bits(x) (x)
#define XENMEMF_get_address_bits(x) ((x) & 0xffu)
#define XENMEMF_node(x) (((x) + 1) << 8)
#define XENMEMF_get_node(x) ((((x) >> 8) - 1) & 0xffu)
#define XENMEMF_populate_on_demand (1 << 16)      /* translated guests: memory on first use */
#define XENMEMF_exact_node_request (1 << 17)      /* that node or none */
#define XENMEMF_exact_node(n) (XENMEMF_node(n) | XENMEMF_exact_node_request)
#define XENMEMF_vnode (1 << 18)                   /* the node is a virtual one */
#endif

#ifndef __ASSEMBLY__

/* Memory in extents of 2^extent_order frames each. The result counts the extents done: fewer than nr_extents
 * where memory or the domain's limit ran out, or a frame was not its own or still in use.
 *   increase_reservation   extent_start, out: first mfn of each new extent
 *   decrease_reservation   extent_start, in: first mfn (translated guests: pfn) of each extent to give back
 *   populate_physmap       extent_start, in: pfn of the first frame of each extent; out: its mfn */
struct xen_memory_reservation {
    XEN_GUEST_HANDLE(xen_pfn_t) extent_start;
    xen_ulong_t nr_extents;
    unsigned int extent_order;
#if __XEN_INTERFACE_VERSION__ >= 0x00030209
    unsigned int mem_flags;                       /* XENMEMF_* */
#else
    unsigned int address_bits;                    /* 0 for any */
#endif
    domid_t domid;                                /* DOMID_SELF, or another for the control domain */
};
typedef struct xen_memory_reservation xen_memory_reservation_t;
DEFINE_XEN_GUEST_HANDLE(xen_memory_reservation_t);
ABI_LAYOUT(struct xen_memory_reservation, 32, (extent_start, 0), (nr_extents, 8), (extent_order, 16),
           (domid, 24));

/* XENMEM_exchange: give frames back and get the same amount in other extents, in one step. */
struct xen_memory_exchange {
    struct xen_memory_reservation in;             /* mfns to give back */
    struct xen_memory_reservation out;            /* as populate_physmap; a list of its own, the same domid */
    xen_ulong_t nr_exchanged;                 /* 0; out: extents of `in` that are done, also after an error */
};
typedef struct xen_memory_exchange xen_memory_exchange_t;
DEFINE_XEN_GUEST_HANDLE(xen_memory_exchange_t);
ABI_LAYOUT(struct xen_memory_exchange, 72, (in, 0), (out, 32), (nr_exchanged, 64));

/* Argument of the questions about one domain. */
struct xen_memory_domain {
    domid_t domid;
};
ABI_LAYOUT(struct xen_memory_domain, 2, (domid, 0));

/* XENMEM_machphys_mfn_list: the frames of the machine-to-physical table, for tools that map it: the first mfn
 * of each piece of 2 MiB, 0 for a hole. */
struct xen_machphys_mfn_list {
    unsigned int max_extents;                     /* room in the list */
    XEN_GUEST_HANDLE(xen_pfn_t) extent_start;
    unsigned int nr_extents;                      /* out: entries stored */
};
typedef struct xen_machphys_mfn_list xen_machphys_mfn_list_t;
DEFINE_XEN_GUEST_HANDLE(xen_machphys_mfn_list_t);
ABI_LAYOUT(struct xen_machphys_mfn_list, 24, (max_extents, 0), (extent_start, 8), (nr_extents, 16));

/* XENMEM_machphys_mapping: where that table is in the caller's address space. */
struct xen_machphys_mapping {
    xen_ulong_t v_start, v_end;
    xen_ulong_t max_mfn;                          /* highest mfn with an entry */
};
typedef struct xen_machphys_mapping xen_machphys_mapping_t;
DEFINE_XEN_GUEST_HANDLE(xen_machphys_mapping_t);
ABI_LAYOUT(struct xen_machphys_mapping, 24, (v_start, 0), (v_end, 8), (max_mfn, 16));

/* What xen_add_to_physmap maps. */
#define XENMAPSPACE_shared_info 0                 /* the shared page */
#define XENMAPSPACE_grant_table 1                 /* page idx of the grant table */
#define XENMAPSPACE_gmfn 2                        /* the page at another pfn */
#define XENMAPSPACE_gmfn_range 3                  /* `size` of them (not in a batch) */
#define XENMAPSPACE_gmfn_foreign 4                /* a page of another domain (in a batch only) */
#define XENMAPSPACE_dev_mmio 5                    /* ARM: device memory */
#define XENMAPIDX_grant_table_status 0x80000000   /* in idx: the status pages of a version 2 grant table */

/* XENMEM_add_to_physmap: make a page appear at a pfn of a translated guest. */
struct xen_add_to_physmap {
    domid_t domid;
    uint16_t size;
    unsigned int space;                           /* XENMAPSPACE_* */
    xen_ulong_t idx;                              /* which page of that kind */
    xen_pfn_t gpfn;                               /* where */
};
typedef struct xen_add_to_physmap xen_add_to_physmap_t;
DEFINE_XEN_GUEST_HANDLE(xen_add_to_physmap_t);
ABI_LAYOUT(struct xen_add_to_physmap, 24, (domid, 0), (size, 2), (space, 4), (idx, 8), (gpfn, 16));

/* XENMEM_add_to_physmap_batch: the same for a list, with a result for each. */
struct xen_add_to_physmap_batch {
    domid_t domid;
    uint16_t space;                               /* XENMAPSPACE_* */
    uint16_t size;                                /* entries in each list */
#if __XEN_INTERFACE_VERSION__ < 0x00040700
    domid_t foreign_domid;
#else
    union xen_add_to_physmap_batch_extra {
        domid_t foreign_domid;                    /* XENMAPSPACE_gmfn_foreign: owner of the pages */
        uint16_t res0;                            /* otherwise 0 */
    } u;
#endif
    XEN_GUEST_HANDLE(xen_ulong_t) idxs;
    XEN_GUEST_HANDLE(xen_pfn_t) gpfns;
    XEN_GUEST_HANDLE(int) errs;                   /* out: 0 or a negative error for each */
};
typedef struct xen_add_to_physmap_batch xen_add_to_physmap_batch_t;
DEFINE_XEN_GUEST_HANDLE(xen_add_to_physmap_batch_t);
ABI_LAYOUT(struct xen_add_to_physmap_batch, 32, (domid, 0), (space, 2), (size, 4), (idxs, 8),
           (gpfns, 16), (errs, 24));

#if __XEN_INTERFACE_VERSION__ < 0x00040400
#define XENMEM_add_to_physmap_range XENMEM_add_to_physmap_batch
#define xen_add_to_physmap_range xen_add_to_physmap_batch
typedef struct xen_add_to_physmap_batch xen_add_to_physmap_range_t;
DEFINE_XEN_GUEST_HANDLE(xen_add_to_physmap_range_t);
#endif

/* XENMEM_remove_from_physmap: take a page away from a pfn of a translated guest. */
struct xen_remove_from_physmap {
    domid_t domid;
    xen_pfn_t gpfn;
};
typedef struct xen_remove_from_physmap xen_remove_from_physmap_t;
DEFINE_XEN_GUEST_HANDLE(xen_remove_from_physmap_t);
ABI_LAYOUT(struct xen_remove_from_physmap, 16, (domid, 0), (gpfn, 8));

/* XENMEM_memory_map, XENMEM_machine_memory_map: entries as BIOS function E820 gives them (20 bytes: base,
 * length, type). -XEN_ENOSYS none was set for this domain. */
struct xen_memory_map {
    unsigned int nr_entries;               /* room in the buffer; out: entries stored (NULL buffer: needed) */
    XEN_GUEST_HANDLE(void) buffer;
};
typedef struct xen_memory_map xen_memory_map_t;
DEFINE_XEN_GUEST_HANDLE(xen_memory_map_t);
ABI_LAYOUT(struct xen_memory_map, 16, (nr_entries, 0), (buffer, 8));

/* XENMEM_set_memory_map: choose what XENMEM_memory_map tells a domain. */
struct xen_foreign_memory_map {
    domid_t domid;
    struct xen_memory_map map;
};
typedef struct xen_foreign_memory_map xen_foreign_memory_map_t;
DEFINE_XEN_GUEST_HANDLE(xen_foreign_memory_map_t);
ABI_LAYOUT(struct xen_foreign_memory_map, 24, (domid, 0), (map, 8));

/* XENMEM_set_pod_target, XENMEM_get_pod_target: memory on demand in translated guests; frames. */
struct xen_pod_target {
    uint64_t target_pages;
    uint64_t tot_pages;                           /* out, as the next two */
    uint64_t pod_cache_pages;
    uint64_t pod_entries;
    domid_t domid;
};
typedef struct xen_pod_target xen_pod_target_t;
ABI_LAYOUT(struct xen_pod_target, 40, (target_pages, 0), (tot_pages, 8), (pod_cache_pages, 16),
           (pod_entries, 24), (domid, 32));

/* XENMEM_paging_op: memory of a translated guest on disk. */
#define XENMEM_paging_op_nominate 0
#define XENMEM_paging_op_evict 1
#define XENMEM_paging_op_prep 2
struct xen_mem_paging_op {
    uint8_t op;                                   /* XENMEM_paging_op_* */
    domid_t domain;
    XEN_GUEST_HANDLE_64(const_uint8) buffer;      /* prep: contents of the page */
    uint64_aligned_t gfn;
};
typedef struct xen_mem_paging_op xen_mem_paging_op_t;
DEFINE_XEN_GUEST_HANDLE(xen_mem_paging_op_t);
ABI_LAYOUT(struct xen_mem_paging_op, 24, (op, 0), (domain, 2), (buffer, 8), (gfn, 16));

/* XENMEM_access_op: allowed accesses to pages of a translated guest, for introspection. */
#define XENMEM_access_op_set_access 0
#define XENMEM_access_op_get_access 1
#define XENMEM_access_op_set_access_multi 4
typedef enum {
    XENMEM_access_n,
    XENMEM_access_r,
    XENMEM_access_w,
    XENMEM_access_rw,
    XENMEM_access_x,
    XENMEM_access_rx,
    XENMEM_access_wx,
    XENMEM_access_rwx,
    XENMEM_access_rx2rw,                          /* rx, until the first write makes it rw */
    XENMEM_access_n2rwx,                          /* none, until the first access makes it rwx */
    XENMEM_access_default                         /* as the domain's default */
} xenmem_access_t;
struct xen_mem_access_op {
    uint8_t op;                                   /* XENMEM_access_op_* */
    uint8_t access;                               /* xenmem_access_t */
    domid_t domid;
    uint32_t nr;                                  /* pages from pfn on, or entries in the lists */
    uint64_aligned_t pfn;                         /* all ones: the domain's default */
    XEN_GUEST_HANDLE(const_uint64) pfn_list;      /* set_access_multi, as the next */
    XEN_GUEST_HANDLE(const_uint8) access_list;
};
typedef struct xen_mem_access_op xen_mem_access_op_t;
DEFINE_XEN_GUEST_HANDLE(xen_mem_access_op_t);
ABI_LAYOUT(struct xen_mem_access_op, 32, (op, 0), (access, 1), (domid, 2), (nr, 4), (pfn, 8), (pfn_list, 16),
           (access_list, 24));

/* XENMEM_sharing_op: equal pages of translated guests, and domains that share all pages with a parent. */
#define XENMEM_sharing_op_nominate_gfn 0
#define XENMEM_sharing_op_nominate_gref 1
#define XENMEM_sharing_op_share 2
#define XENMEM_sharing_op_debug_gfn 3
#define XENMEM_sharing_op_debug_mfn 4
#define XENMEM_sharing_op_debug_gref 5
#define XENMEM_sharing_op_add_physmap 6
#define XENMEM_sharing_op_audit 7
#define XENMEM_sharing_op_range_share 8
#define XENMEM_sharing_op_fork 9
#define XENMEM_sharing_op_fork_reset 10
#define XENMEM_SHARING_OP_S_HANDLE_INVALID (-10)
#define XENMEM_SHARING_OP_C_HANDLE_INVALID (-9)
/* A gfn field that holds a grant reference is marked by bit 62. */
#define XENMEM_SHARING_OP_FIELD_IS_GREF_FLAG (xen_mk_ullong(1) << 62)
#define XENMEM_SHARING_OP_FIELD_MAKE_GREF(field, val) ((field) = (val) | XENMEM_SHARING_OP_FIELD_IS_GREF_FLAG)
#define XENMEM_SHARING_OP_FIELD_IS_GREF(field) ((field) & XENMEM_SHARING_OP_FIELD_IS_GREF_FLAG)
#define XENMEM_SHARING_OP_FIELD_GET_GREF(field) ((field) & ~XENMEM_SHARING_OP_FIELD_IS_GREF_FLAG)
#define XENMEM_FORK_WITH_IOMMU_ALLOWED (1u << 0)
#define XENMEM_FORK_BLOCK_INTERRUPTS (1u << 1)
#define XENMEM_FORK_RESET_STATE (1u << 2)
#define XENMEM_FORK_RESET_MEMORY (1u << 3)
struct xen_mem_sharing_op {
    uint8_t op;                                   /* XENMEM_sharing_op_* */
    domid_t domain;
    union {
        struct mem_sharing_op_nominate {
            union {
                uint64_aligned_t gfn;
                uint32_t grant_ref;
            } u;
            uint64_aligned_t handle;              /* out */
        } nominate;
        struct mem_sharing_op_share {
            uint64_aligned_t source_gfn;
            uint64_aligned_t source_handle;
            uint64_aligned_t client_gfn;
            uint64_aligned_t client_handle;
            domid_t client_domain;
        } share;
        struct mem_sharing_op_range {
            uint64_aligned_t first_gfn;
            uint64_aligned_t last_gfn;
            uint64_aligned_t opaque;              /* 0; progress of the operation */
            domid_t client_domain;
            uint16_t _pad[3];
        } range;
        struct mem_sharing_op_debug {
            union {
                uint64_aligned_t gfn;
                uint64_aligned_t mfn;
                uint32_t gref;
            } u;
        } debug;
        struct mem_sharing_op_fork {
            domid_t parent_domain;
            uint16_t flags;                       /* XENMEM_FORK_* */
            uint32_t pad;
        } fork;
    } u;
};
typedef struct xen_mem_sharing_op xen_mem_sharing_op_t;
DEFINE_XEN_GUEST_HANDLE(xen_mem_sharing_op_t);
ABI_LAYOUT(struct xen_mem_sharing_op, 48, (op, 0), (domain, 2), (u.nominate, 8), (u.share, 8), (u.range, 8),
           (u.debug, 8), (u.fork, 8));

/* XENMEM_reserved_device_memory_map: memory that devices use by arrangement of the firmware.
 * -XEN_ENOBUFS the buffer is too small; nr_entries then says how many are needed. */
struct xen_reserved_device_memory {
    xen_pfn_t start_pfn;
    xen_ulong_t nr_pages;
};
typedef struct xen_reserved_device_memory xen_reserved_device_memory_t;
DEFINE_XEN_GUEST_HANDLE(xen_reserved_device_memory_t);
ABI_LAYOUT(struct xen_reserved_device_memory, 16, (start_pfn, 0), (nr_pages, 8));

#define XENMEM_RDM_ALL 1
struct xen_reserved_device_memory_map {
    uint32_t flags;                               /* XENMEM_RDM_ALL: of all devices */
    unsigned int nr_entries;                      /* room; out: entries */
    XEN_GUEST_HANDLE(xen_reserved_device_memory_t) buffer;
    union {
        physdev_pci_device_t pci;
    } dev;                                        /* otherwise: of this one */
};
typedef struct xen_reserved_device_memory_map xen_reserved_device_memory_map_t;
DEFINE_XEN_GUEST_HANDLE(xen_reserved_device_memory_map_t);
ABI_LAYOUT(struct xen_reserved_device_memory_map, 24, (flags, 0), (nr_entries, 4), (buffer, 8),
           (dev.pci, 16));

/* XENMEM_acquire_resource: frames that belong to a domain but have no pfn, so that a tool can map them: its
 * grant table above all. A NULL frame_list asks how many there are (out: nr_frames). */
#define XENMEM_resource_ioreq_server 0
#define XENMEM_resource_grant_table 1
#define XENMEM_resource_vmtrace_buf 2
#define XENMEM_resource_grant_table_id_shared 0         /* id for the grant table: the entries ... */
#define XENMEM_resource_grant_table_id_status 1         /* ... or the status words of version 2 */
#define XENMEM_resource_ioreq_server_frame_bufioreq 0   /* frame for an ioreq server: the buffered page ... */
#define XENMEM_resource_ioreq_server_frame_ioreq(n) (1 + (n))   /* ... or the n-th other */
struct xen_mem_acquire_resource {
    domid_t domid;
    uint16_t type;                                /* XENMEM_resource_* */
    uint32_t id;
    uint32_t nr_frames;
    uint32_t pad;
    uint64_t frame;                               /* first one wanted */
    XEN_GUEST_HANDLE(xen_pfn_t) frame_list;      /* out: mfns (translated callers: in, pfns to map them at) */
};
typedef struct xen_mem_acquire_resource xen_mem_acquire_resource_t;
DEFINE_XEN_GUEST_HANDLE(xen_mem_acquire_resource_t);
ABI_LAYOUT(struct xen_mem_acquire_resource, 32, (domid, 0), (type, 2), (id, 4), (nr_frames, 8), (pad, 12),
           (frame, 16), (frame_list, 24));

/* XENMEM_get_vnumainfo: the virtual memory nodes of the caller. -XEN_EOPNOTSUPP it has none; -XEN_ENOBUFS a
 * list is too short, the counts then say how long they must be. */
struct xen_vmemrange {
    uint64_t start, end;                          /* guest physical addresses, end exclusive */
    unsigned int flags;
    unsigned int nid;                             /* node */
};
typedef struct xen_vmemrange xen_vmemrange_t;
DEFINE_XEN_GUEST_HANDLE(xen_vmemrange_t);
ABI_LAYOUT(struct xen_vmemrange, 24, (start, 0), (end, 8), (flags, 16), (nid, 20));

struct xen_vnuma_topology_info {
    domid_t domid;
    uint16_t pad;
    unsigned int nr_vnodes;                       /* room; out: entries, as the next two */
    unsigned int nr_vcpus;
    unsigned int nr_vmemranges;
    union {
        XEN_GUEST_HANDLE(uint) h;
        uint64_t pad;
    } vdistance;                                  /* out: nr_vnodes * nr_vnodes distances */
    union {
        XEN_GUEST_HANDLE(uint) h;
        uint64_t pad;
    } vcpu_to_vnode;                              /* out: node of each vcpu */
    union {
        XEN_GUEST_HANDLE(xen_vmemrange_t) h;
        uint64_t pad;
    } vmemrange;                                  /* out */
};
typedef struct xen_vnuma_topology_info xen_vnuma_topology_info_t;
DEFINE_XEN_GUEST_HANDLE(xen_vnuma_topology_info_t);
ABI_LAYOUT(struct xen_vnuma_topology_info, 40, (domid, 0), (pad, 2), (nr_vnodes, 4), (nr_vcpus, 8),
           (nr_vmemranges, 12), (vdistance.h, 16), (vdistance.pad, 16), (vcpu_to_vnode.h, 24),
           (vcpu_to_vnode.pad, 24), (vmemrange.h, 32), (vmemrange.pad, 32));

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_MEMORY_H__ */
