/* What hypervisor this is.
 *   xen_version(int cmd, void *argument)      cmd: XENVER_*; 0 unless a line below says what it returns
 * Source of all names, numbers and layouts: Xen 4.17 public/version.h. */
#ifndef __XEN_PUBLIC_VERSION_H__
#define __XEN_PUBLIC_VERSION_H__

#include "xen.h"
#include "features.h"

#define XENVER_version 0                /* NULL; returns major << 16 | minor */
#define XENVER_extraversion 1           /* xen_extraversion_t: what follows "4.17" */
#define XENVER_compile_info 2           /* struct xen_compile_info */
#define XENVER_capabilities 3           /* xen_capabilities_info_t: kinds of guest, "xen-3.0-x86_64 " */
#define XENVER_changeset 4              /* xen_changeset_info_t */
#define XENVER_platform_parameters 5    /* struct xen_platform_parameters */
#define XENVER_get_features 6           /* struct xen_feature_info. -XEN_EINVAL no such word */
#define XENVER_pagesize 7               /* NULL; returns the bytes of a page */
#define XENVER_guest_handle 8           /* xen_domain_handle_t: the caller's UUID */
#define XENVER_commandline 9            /* xen_commandline_t: the hypervisor's, for privileged callers */
#define XENVER_build_id 10   /* struct xen_build_id, or NULL for the length; returns bytes stored or needed */

#ifndef __ASSEMBLY__

/* Texts, each with its NUL. */
typedef char xen_extraversion_t[16];
#define XEN_EXTRAVERSION_LEN (sizeof(xen_extraversion_t))
typedef char xen_capabilities_info_t[1024];
#define XEN_CAPABILITIES_INFO_LEN (sizeof(xen_capabilities_info_t))
typedef char xen_changeset_info_t[64];
#define XEN_CHANGESET_INFO_LEN (sizeof(xen_changeset_info_t))
typedef char xen_commandline_t[1024];

/* XENVER_compile_info: who built it and how. */
struct xen_compile_info {
    char compiler[64];
    char compile_by[16];
    char compile_domain[32];
    char compile_date[32];
};
typedef struct xen_compile_info xen_compile_info_t;
ABI_LAYOUT(struct xen_compile_info, 144, (compiler, 0), (compile_by, 64), (compile_domain, 80),
           (compile_date, 112));

/* XENVER_platform_parameters. */
struct xen_platform_parameters {
    xen_ulong_t virt_start;             /* HYPERVISOR_VIRT_START */
};
typedef struct xen_platform_parameters xen_platform_parameters_t;
ABI_LAYOUT(struct xen_platform_parameters, 8, (virt_start, 0));

/* XENVER_get_features. */
struct xen_feature_info {
    unsigned int submap_idx;            /* word, below XENFEAT_NR_SUBMAPS */
    uint32_t submap;                    /* out: bit n is feature 32 * word + n */
};
typedef struct xen_feature_info xen_feature_info_t;
ABI_LAYOUT(struct xen_feature_info, 8, (submap_idx, 0), (submap, 4));

/* XENVER_build_id. -XEN_ENOBUFS the buffer is too small; -XEN_ENODATA the build has none. */
struct xen_build_id {
    uint32_t len;                       /* bytes in buf */
    unsigned char buf[XEN_FLEX_ARRAY_DIM];
};
typedef struct xen_build_id xen_build_id_t;
ABI_LAYOUT(struct xen_build_id, 4, (len, 0), (buf, 4));

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_VERSION_H__ */
