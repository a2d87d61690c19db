/* The CPUID leaves by which a guest recognises the hypervisor and learns about it.
 * Source of all names and numbers: Xen 4.17 public/arch-x86/cpuid.h.
 *
 * A PV guest reads them with the XEN_CPUID prefix (xen.h here). They start at XEN_CPUID_FIRST_LEAF; a host
 * that shows another hypervisor's leaves there has them 0x100 or a multiple of it higher.
 *   leaf 0   EAX highest leaf; EBX, ECX, EDX the signature "XenVMMXenVMM"
 *   leaf 1   EAX version: major << 16 | minor
 *   leaf 2   EAX number of hypercall pages, 1; EBX MSR that installs one; ECX XEN_CPUID_FEAT1_*
 *   leaf 3   the TSC. Sub-leaf 0: EAX bit 0 emulated, bit 1 reliable on this host, bit 2 RDTSCP exists; EBX
 *            tsc_mode (domctl.h); ECX rate in kHz; EDX migrations so far. Sub-leaf 1: EAX, EBX offset;
 *            ECX multiplier; EDX shift to ns. Sub-leaf 2: EAX the host's rate in kHz
 *   leaf 4   for hardware-assisted guests: EAX XEN_HVM_CPUID_*, EBX vcpu number, ECX domain number
 *   leaf 5   for PV guests: EAX highest sub-leaf; EBX bits 0-7 width of machine addresses */
#ifndef __XEN_PUBLIC_ARCH_X86_CPUID_H__
#define __XEN_PUBLIC_ARCH_X86_CPUID_H__

#define XEN_CPUID_FIRST_LEAF 0x40000000
#define XEN_CPUID_LEAF(i) (XEN_CPUID_FIRST_LEAF + (i))
#define XEN_CPUID_MAX_NUM_LEAVES 5           /* the last one */

#define XEN_CPUID_SIGNATURE_EBX 0x566e6558   /* XenV */
#define XEN_CPUID_SIGNATURE_ECX 0x65584d4d   /* MMXe */
#define XEN_CPUID_SIGNATURE_EDX 0x4d4d566e   /* nVMM */

#define _XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD 0
#define XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD (1u << 0)   /* as XENFEAT_mmu_pt_update_preserve_ad */

#define XEN_HVM_CPUID_APIC_ACCESS_VIRT (1u << 0)   /* the CPU handles APIC registers ... */
#define XEN_HVM_CPUID_X2APIC_VIRT (1u << 1)        /* ... and those of x2APIC mode */
#define XEN_HVM_CPUID_IOMMU_MAPPINGS (1u << 2)     /* devices reach granted frames too */
#define XEN_HVM_CPUID_VCPU_ID_PRESENT (1u << 3)    /* EBX counts */
#define XEN_HVM_CPUID_DOMID_PRESENT (1u << 4)      /* ECX counts */
#define XEN_HVM_CPUID_EXT_DEST_ID (1u << 5)        /* interrupt destinations have 15 bits */
#define XEN_HVM_CPUID_UPCALL_VECTOR (1u << 6)    /* a vector a vcpu for events, also of physical interrupts */

#define XEN_CPUID_MACHINE_ADDRESS_WIDTH_MASK (0xffu << 0)

#endif /* __XEN_PUBLIC_ARCH_X86_CPUID_H__ */
