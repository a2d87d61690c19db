/* Grant tables: a domain lets another use a frame of its own, by a number that the other presents.
 *   grant_table_op(unsigned cmd, void *arguments, unsigned count)      cmd: GNTTABOP_*
 * Takes an array of `count` structures; 0 when all were looked at, and each has its own status (GNTST_*).
 * Source of all names, numbers and layouts: Xen 4.17 public/grant_table.h.
 *
 * The granter fills in an entry: first domid and frame, then, after a barrier, flags. To withdraw it, it
 * replaces flags by 0 with a compare-and-swap that proves GTF_reading and GTF_writing clear; as long as one
 * is set, the frame is in use and stays granted. */
#ifndef __XEN_PUBLIC_GRANT_TABLE_H__
#define __XEN_PUBLIC_GRANT_TABLE_H__

#include "xen.h"

/* Entries at the start of a table, which the domain builder fills in: of the console and the store page. */
#define GNTTAB_NR_RESERVED_ENTRIES 8
#define GNTTAB_RESERVED_CONSOLE 0
#define GNTTAB_RESERVED_XENSTORE 1

/* grant_entry.flags, type of the entry. */
#define GTF_invalid (0U << 0)                 /* grants nothing */
#define GTF_permit_access (1U << 0)           /* domid may use the frame */
#define GTF_accept_transfer (2U << 0)         /* domid may give us a frame */
#define GTF_transitive (3U << 0)              /* passes on a grant of a third domain; version 2 */
#define GTF_type_mask (3U << 0)

/* With GTF_permit_access; a bit number and its mask each. */
#define _GTF_readonly (2)                     /* granter: not for writing */
#define GTF_readonly (1U << _GTF_readonly)
#define _GTF_reading (3)                      /* hypervisor: in use */
#define GTF_reading (1U << _GTF_reading)
#define _GTF_writing (4)                      /* hypervisor: in use for writing */
#define GTF_writing (1U << _GTF_writing)
#define _GTF_PWT (5)                     /* granter: cache attributes of mappings, as in a page-table entry */
#define GTF_PWT (1U << _GTF_PWT)
#define _GTF_PCD (6)
#define GTF_PCD (1U << _GTF_PCD)
#define _GTF_PAT (7)
#define GTF_PAT (1U << _GTF_PAT)
#define _GTF_sub_page (8)                     /* granter: copies from a part of the frame only; version 2 */
#define GTF_sub_page (1U << _GTF_sub_page)

/* With GTF_accept_transfer; written by the hypervisor, in this order. */
#define _GTF_transfer_committed (2)           /* a frame is on its way; the entry must be left alone */
#define GTF_transfer_committed (1U << _GTF_transfer_committed)
#define _GTF_transfer_completed (3)           /* the entry's frame has arrived */
#define GTF_transfer_completed (1U << _GTF_transfer_completed)

/* grant_table_op: which operation. */
#define GNTTABOP_map_grant_ref 0
#define GNTTABOP_unmap_grant_ref 1
#define GNTTABOP_setup_table 2
#define GNTTABOP_dump_table 3
#define GNTTABOP_transfer 4
#define GNTTABOP_copy 5
#define GNTTABOP_query_size 6
#define GNTTABOP_unmap_and_replace 7
#if __XEN_INTERFACE_VERSION__ >= 0x0003020a
#define GNTTABOP_set_version 8
#define GNTTABOP_get_status_frames 9
#define GNTTABOP_get_version 10
#define GNTTABOP_swap_grant_ref 11
#define GNTTABOP_cache_flush 12
#endif

/* gnttab_map_grant_ref.flags: a bit number and its mask each. */
#define _GNTMAP_device_map (0)                /* for devices: dev_bus_addr is their address of the frame */
#define GNTMAP_device_map (1 << _GNTMAP_device_map)
#define _GNTMAP_host_map (1)                  /* for CPUs: at host_addr */
#define GNTMAP_host_map (1 << _GNTMAP_host_map)
#define _GNTMAP_readonly (2)
#define GNTMAP_readonly (1 << _GNTMAP_readonly)
#define _GNTMAP_application_map (3)           /* guest user mode may use the mapping too */
#define GNTMAP_application_map (1 << _GNTMAP_application_map)
#define _GNTMAP_contains_pte (4)              /* host_addr is the machine address of the page-table entry */
#define GNTMAP_contains_pte (1 << _GNTMAP_contains_pte)
#define _GNTMAP_guest_avail0 (16)             /* upper half: software bits for the entry */
#define GNTMAP_guest_avail_mask ((uint32_t)~0 << _GNTMAP_guest_avail0)

/* gnttab_copy.flags: a bit number and its mask each. */
#define _GNTCOPY_source_gref (0)              /* source.u is a grant reference, not a frame */
#define GNTCOPY_source_gref (1 << _GNTCOPY_source_gref)
#define _GNTCOPY_dest_gref (1)                /* dest.u is one */
#define GNTCOPY_dest_gref (1 << _GNTCOPY_dest_gref)

/* gnttab_cache_flush.op */
#define GNTTAB_CACHE_CLEAN (1u << 0)
#define GNTTAB_CACHE_INVAL (1u << 1)
#define GNTTAB_CACHE_SOURCE_GREF (1u << 31)   /* a.ref names the frame, not a.dev_bus_addr */

/* Status of one structure. */
#define GNTST_okay (0)
#define GNTST_general_error (-1)
#define GNTST_bad_domain (-2)                 /* no such domain */
#define GNTST_bad_gntref (-3)                 /* no such entry, or it does not grant that to us */
#define GNTST_bad_handle (-4)
#define GNTST_bad_virt_addr (-5)              /* host_addr can't hold a mapping, or not this one */
#define GNTST_bad_dev_addr (-6)
#define GNTST_no_device_space (-7)            /* no room in the I/O MMU */
#define GNTST_permission_denied (-8)
#define GNTST_bad_page (-9)                   /* the frame is not of a kind that can be granted */
#define GNTST_bad_copy_arg (-10)              /* offset and length leave the page */
#define GNTST_address_too_big (-11)           /* the frame lies too high for its new owner */
#define GNTST_eagain (-12)                    /* not now; try again */
#define GNTST_no_space (-13)                  /* no handle left */

/* What to print for a status: index 0 - status. */
#define GNTTABOP_error_msgs                                                                      \
    {                                                                                            \
        "no error", "error", "no such domain", "grant reference refused", "no such handle",      \
        "bad virtual address", "bad device address", "no room in the I/O MMU", "not permitted",  \
        "page can't be granted", "copy leaves the page", "page too high", "try again", "no room" \
    }

#ifndef __ASSEMBLY__

/* Number of an entry in somebody's table. */
typedef uint32_t grant_ref_t;

/* Number of a mapping that GNTTABOP_map_grant_ref made. */
typedef uint32_t grant_handle_t;

#if __XEN_INTERFACE_VERSION__ < 0x0003020a
#define grant_entry_v1 grant_entry
#define grant_entry_v1_t grant_entry_t
#endif

/* An entry, version 1. */
struct grant_entry_v1 {
    uint16_t flags;             /* GTF_*, written last */
    domid_t domid;              /* who may */
    uint32_t frame;             /* mfn (translated guests: pfn) */
};
typedef struct grant_entry_v1 grant_entry_v1_t;
ABI_LAYOUT(struct grant_entry_v1, 8, (flags, 0), (domid, 2), (frame, 4));

#if __XEN_INTERFACE_VERSION__ >= 0x0003020a

/* An entry, version 2; the state bits are apart, one grant_status_t for each entry. */
struct grant_entry_header {
    uint16_t flags;
    domid_t domid;
};
typedef struct grant_entry_header grant_entry_header_t;
ABI_LAYOUT(struct grant_entry_header, 4, (flags, 0), (domid, 2));

union grant_entry_v2 {
    grant_entry_header_t hdr;
    struct {
        grant_entry_header_t hdr;
        uint32_t pad0;
        uint64_t frame;
    } full_page;
    struct {                    /* GTF_sub_page */
        grant_entry_header_t hdr;
        uint16_t page_off;      /* bytes */
        uint16_t length;
        uint64_t frame;
    } sub_page;
    struct {                    /* GTF_transitive */
        grant_entry_header_t hdr;
        domid_t trans_domid;
        uint16_t pad0;
        grant_ref_t gref;
    } transitive;
    uint32_t __spacer[4];
};
typedef union grant_entry_v2 grant_entry_v2_t;
ABI_LAYOUT(union grant_entry_v2, 16, (hdr, 0), (full_page.hdr, 0), (full_page.pad0, 4), (full_page.frame, 8),
           (sub_page.hdr, 0), (sub_page.page_off, 4), (sub_page.length, 6), (sub_page.frame, 8),
           (transitive.hdr, 0), (transitive.trans_domid, 4), (transitive.pad0, 6), (transitive.gref, 8),
           (__spacer, 0));

typedef uint16_t grant_status_t;

#endif

/* GNTTABOP_map_grant_ref: map a granted frame. It stays in use until GNTTABOP_unmap_grant_ref, whatever else
 * happens to the mapping. */
struct gnttab_map_grant_ref {
    uint64_t host_addr;         /* virtual address, or with GNTMAP_contains_pte that of the entry */
    uint32_t flags;             /* GNTMAP_* */
    grant_ref_t ref;            /* entry ... */
    domid_t dom;                /* ... in the table of this domain */
    int16_t status;             /* out, as the rest: GNTST_* */
    grant_handle_t handle;
    uint64_t dev_bus_addr;
};
typedef struct gnttab_map_grant_ref gnttab_map_grant_ref_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_map_grant_ref_t);
ABI_LAYOUT(struct gnttab_map_grant_ref, 32, (host_addr, 0), (flags, 8), (ref, 12), (dom, 16), (status, 18),
           (handle, 20), (dev_bus_addr, 24));

/* GNTTABOP_unmap_grant_ref: undo a mapping. An address of 0 leaves that part alone; others must be the
 * mapping's. After the call no CPU reaches the frame through it. */
struct gnttab_unmap_grant_ref {
    uint64_t host_addr;
    uint64_t dev_bus_addr;
    grant_handle_t handle;
    int16_t status;             /* out */
};
typedef struct gnttab_unmap_grant_ref gnttab_unmap_grant_ref_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_unmap_grant_ref_t);
ABI_LAYOUT(struct gnttab_unmap_grant_ref, 24, (host_addr, 0), (dev_bus_addr, 8), (handle, 16), (status, 20));

/* GNTTABOP_setup_table: make the table at least nr_frames long and tell where its first frames are. `count`
 * is 1. */
struct gnttab_setup_table {
    domid_t dom;                /* DOMID_SELF, or another for the control domain */
    uint32_t nr_frames;
    int16_t status;             /* out */
#if __XEN_INTERFACE_VERSION__ < 0x00040300
    XEN_GUEST_HANDLE(ulong) frame_list;
#else
    XEN_GUEST_HANDLE(xen_pfn_t) frame_list;
#endif                          /* out: nr_frames mfns (translated guests: pfns) */
};
typedef struct gnttab_setup_table gnttab_setup_table_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_setup_table_t);
ABI_LAYOUT(struct gnttab_setup_table, 24, (dom, 0), (nr_frames, 4), (status, 8), (frame_list, 16));

/* GNTTABOP_dump_table: print the table on the hypervisor console, for debugging. */
struct gnttab_dump_table {
    domid_t dom;
    int16_t status;             /* out */
};
typedef struct gnttab_dump_table gnttab_dump_table_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_dump_table_t);
ABI_LAYOUT(struct gnttab_dump_table, 4, (dom, 0), (status, 2));

/* GNTTABOP_transfer: give a frame away for good, to an entry with GTF_accept_transfer. */
struct gnttab_transfer {
    xen_pfn_t mfn;
    domid_t domid;
    grant_ref_t ref;
    int16_t status;             /* out */
};
typedef struct gnttab_transfer gnttab_transfer_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_transfer_t);
ABI_LAYOUT(struct gnttab_transfer, 24, (mfn, 0), (domid, 8), (ref, 12), (status, 16));

/* GNTTABOP_copy: copy bytes inside one page to another page; either may be granted to us. */
struct gnttab_copy {
    struct gnttab_copy_ptr {
        union {
            grant_ref_t ref;    /* with GNTCOPY_*_gref */
            xen_pfn_t gmfn;     /* mfn of the caller (translated guests: pfn) */
        } u;
        domid_t domid;          /* owner of the page */
        uint16_t offset;        /* first byte */
    } source, dest;
    uint16_t len;               /* bytes */
    uint16_t flags;             /* GNTCOPY_* */
    int16_t status;             /* out */
};
typedef struct gnttab_copy gnttab_copy_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_copy_t);
ABI_LAYOUT(struct gnttab_copy, 40, (source, 0), (dest, 16), (len, 32), (flags, 34), (status, 36));

/* GNTTABOP_query_size: how long a table is and may become, in frames. `count` is 1. */
struct gnttab_query_size {
    domid_t dom;                /* DOMID_SELF, or another for the control domain */
    uint32_t nr_frames;         /* out, as the rest */
    uint32_t max_nr_frames;
    int16_t status;
};
typedef struct gnttab_query_size gnttab_query_size_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_query_size_t);
ABI_LAYOUT(struct gnttab_query_size, 16, (dom, 0), (nr_frames, 4), (max_nr_frames, 8), (status, 12));

/* GNTTABOP_unmap_and_replace: undo a mapping by moving the page-table entry of new_addr to host_addr. */
struct gnttab_unmap_and_replace {
    uint64_t host_addr;
    uint64_t new_addr;          /* virtual address, left without a mapping; 0 for none */
    grant_handle_t handle;
    int16_t status;             /* out */
};
typedef struct gnttab_unmap_and_replace gnttab_unmap_and_replace_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_unmap_and_replace_t);
ABI_LAYOUT(struct gnttab_unmap_and_replace, 24, (host_addr, 0), (new_addr, 8), (handle, 16), (status, 20));

#if __XEN_INTERFACE_VERSION__ >= 0x0003020a

/* GNTTABOP_set_version: choose the layout of the caller's table, while nothing is granted. `count` is 1;
 * errors are those of hypercalls: -XEN_EINVAL no such version, -XEN_EBUSY something is granted. */
struct gnttab_set_version {
    uint32_t version;           /* 1 or 2; out: the one in effect */
};
typedef struct gnttab_set_version gnttab_set_version_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_set_version_t);
ABI_LAYOUT(struct gnttab_set_version, 4, (version, 0));

/* GNTTABOP_get_status_frames: where the status words of version 2 are. `count` is 1. */
struct gnttab_get_status_frames {
    uint32_t nr_frames;
    domid_t dom;                /* DOMID_SELF, or another for the control domain */
    int16_t status;             /* out */
    XEN_GUEST_HANDLE(uint64_t) frame_list;   /* out: nr_frames numbers */
};
typedef struct gnttab_get_status_frames gnttab_get_status_frames_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_get_status_frames_t);
ABI_LAYOUT(struct gnttab_get_status_frames, 16, (nr_frames, 0), (dom, 4), (status, 6), (frame_list, 8));

/* GNTTABOP_get_version: the layout of a domain's table. `count` is 1. */
struct gnttab_get_version {
    domid_t dom;                /* DOMID_SELF, or another for the control domain */
    uint16_t pad;
    uint32_t version;           /* out */
};
typedef struct gnttab_get_version gnttab_get_version_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_get_version_t);
ABI_LAYOUT(struct gnttab_get_version, 8, (dom, 0), (pad, 2), (version, 4));

/* GNTTABOP_swap_grant_ref: exchange two entries that nobody uses. */
struct gnttab_swap_grant_ref {
    grant_ref_t ref_a;
    grant_ref_t ref_b;
    int16_t status;             /* out */
};
typedef struct gnttab_swap_grant_ref gnttab_swap_grant_ref_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_swap_grant_ref_t);
ABI_LAYOUT(struct gnttab_swap_grant_ref, 12, (ref_a, 0), (ref_b, 4), (status, 8));

/* GNTTABOP_cache_flush: clean or invalidate caches over a part of a granted page; ARM. */
struct gnttab_cache_flush {
    union {
        uint64_t dev_bus_addr;
        grant_ref_t ref;
    } a;
    uint16_t offset;            /* bytes from the start of the page */
    uint16_t length;
    uint32_t op;                /* GNTTAB_CACHE_* */
};
typedef struct gnttab_cache_flush gnttab_cache_flush_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_cache_flush_t);
ABI_LAYOUT(struct gnttab_cache_flush, 16, (a.dev_bus_addr, 0), (a.ref, 0), (offset, 8), (length, 10),
           (op, 12));

#endif

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_GRANT_TABLE_H__ */
