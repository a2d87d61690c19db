/* Features of the guest environment: bit numbers in the words of XENVER_get_features (version.h), in the note
 * XEN_ELFNOTE_SUPPORTED_FEATURES, and, without the prefix, words in the note XEN_ELFNOTE_FEATURES, joined by
 * `|`, with `!` in front of one that the kernel can't do without (elfnote.h).
 * Source of the names and numbers: Xen 4.17 public/features.h. */
#ifndef __XEN_PUBLIC_FEATURES_H__
#define __XEN_PUBLIC_FEATURES_H__

#define XENFEAT_writable_page_tables 0          /* page tables may be mapped writable: translated guests */
#define XENFEAT_writable_descriptor_tables 1    /* descriptor tables too */
#define XENFEAT_auto_translated_physmap 2       /* page tables hold pfns, not mfns */
#define XENFEAT_supervisor_mode_kernel 3        /* the guest kernel runs in ring 0 */
#define XENFEAT_pae_pgdir_above_4gb 4           /* 32-bit guests: roots anywhere in memory */
#define XENFEAT_mmu_pt_update_preserve_ad 5     /* MMU_PT_UPDATE_PRESERVE_AD works */
#define XENFEAT_highmem_assist 6                /* MMUEXT_CLEAR_PAGE and MMUEXT_COPY_PAGE work */
#define XENFEAT_gnttab_map_avail_bits 7         /* GNTMAP_guest_avail_mask bits arrive in the entry */
#define XENFEAT_hvm_callback_vector 8           /* hardware-assisted: events as an interrupt vector */
#define XENFEAT_hvm_safe_pvclock 9              /* hardware-assisted: vcpu_time_info may be used */
#define XENFEAT_hvm_pirqs 10                    /* hardware-assisted: physical interrupts as events */
#define XENFEAT_dom0 11                         /* the kernel can be the initial domain */
#define XENFEAT_memory_op_vnode_supported 13    /* XENMEMF_vnode works */
#define XENFEAT_ARM_SMCCC_supported 14          /* ARM: the SMC calling convention */
#define XENFEAT_linux_rsdp_unrestricted 15      /* PVH: ACPI tables may lie above 1 MiB */
#define XENFEAT_not_direct_mapped 16            /* pfn and mfn differ ... */
#define XENFEAT_direct_mapped 17              /* ... or agree; neither bit: an older hypervisor did not say */

/* Number of 32-bit words. */
#define XENFEAT_NR_SUBMAPS 1

#endif /* __XEN_PUBLIC_FEATURES_H__ */
