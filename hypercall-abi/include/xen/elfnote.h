/* ELF notes by which a kernel image tells the domain builder what it is. They lie in PT_NOTE segments (or
 * SHT_NOTE sections), with the name "Xen". A number is 4 or 8 bytes, as the note says; a text ends with NUL.
 * In brackets: the key of the older way to say it, a text KEY=VALUE,KEY=VALUE in the section __xen_guest.
 * Source of the names and numbers: Xen 4.17 public/elfnote.h. */
#ifndef __XEN_PUBLIC_ELFNOTE_H__
#define __XEN_PUBLIC_ELFNOTE_H__

#define XEN_ELFNOTE_INFO 0                  /* text NAME=VALUE, for people */
#define XEN_ELFNOTE_ENTRY 1                 /* virtual address of the first instruction [VIRT_ENTRY] */
#define XEN_ELFNOTE_HYPERCALL_PAGE 2   /* virtual address of the page to fill [HYPERCALL_PAGE: page number] */
#define XEN_ELFNOTE_VIRT_BASE 3             /* virtual address of pfn 0; 0 if absent [VIRT_BASE] */
#define XEN_ELFNOTE_PADDR_OFFSET 4          /* p_paddr of pfn 0; default 0 [ELF_PADDR_OFFSET, VIRT_BASE] */
#define XEN_ELFNOTE_XEN_VERSION 5           /* text "xen-3.0": the interface it speaks [XEN_VER] */
#define XEN_ELFNOTE_GUEST_OS 6              /* text [GUEST_OS] */
#define XEN_ELFNOTE_GUEST_VERSION 7         /* text [GUEST_VER] */
#define XEN_ELFNOTE_LOADER 8                /* text, "generic" [LOADER] */
#define XEN_ELFNOTE_PAE_MODE 9              /* text, 32-bit kernels: "yes", "no" or "bimodal" [PAE] */
#define XEN_ELFNOTE_FEATURES 10             /* text, see features.h [FEATURES] */
#define XEN_ELFNOTE_BSD_SYMTAB 11        /* text "yes": load the symbol table behind the image [BSD_SYMTAB] */
#define XEN_ELFNOTE_HV_START_LOW 12         /* lowest address that the hypervisor may take, 32-bit kernels */
#define XEN_ELFNOTE_L1_MFN_VALID 13         /* {mask, value}: L1 entry e has an mfn if (e & mask) == value */
#define XEN_ELFNOTE_SUSPEND_CANCEL 14       /* number: 1, a suspend may be called off */
#define XEN_ELFNOTE_INIT_P2M 15             /* virtual address for the p2m list, outside the boot region */
#define XEN_ELFNOTE_MOD_START_PFN 16        /* number: 1, the ramdisk need not be mapped */
#define XEN_ELFNOTE_SUPPORTED_FEATURES 17   /* bits, see features.h; added to XEN_ELFNOTE_FEATURES */
#define XEN_ELFNOTE_PHYS32_ENTRY 18         /* physical entry point for PVH, not for PV */
#define XEN_ELFNOTE_MAX XEN_ELFNOTE_PHYS32_ENTRY

/* Notes in crash dumps of the host ... */
#define XEN_ELFNOTE_CRASH_INFO 0x1000001
#define XEN_ELFNOTE_CRASH_REGS 0x1000002

/* ... and in core files of a domain: nothing, header, hypervisor version, format version. */
#define XEN_ELFNOTE_DUMPCORE_NONE 0x2000000
#define XEN_ELFNOTE_DUMPCORE_HEADER 0x2000001
#define XEN_ELFNOTE_DUMPCORE_XEN_VERSION 0x2000002
#define XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION 0x2000003

#endif /* __XEN_PUBLIC_ELFNOTE_H__ */
