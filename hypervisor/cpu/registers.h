/* Bits and numbers of the processor's control registers and MSRs. Source: the processor manuals. */
#ifndef ENSO_CPU_REGISTERS_H
#define ENSO_CPU_REGISTERS_H

#define CR0_PE 0x00000001UL
#define CR0_MP 0x00000002UL
#define CR0_TS 0x00000008UL
#define CR0_ET 0x00000010UL
#define CR0_NE 0x00000020UL
#define CR0_WP 0x00010000UL
#define CR0_AM 0x00040000UL
#define CR0_PG 0x80000000UL

#define CR4_TSD        0x00000004UL
#define CR4_DE         0x00000008UL
#define CR4_PAE        0x00000020UL
#define CR4_MCE        0x00000040UL
#define CR4_OSFXSR     0x00000200UL
#define CR4_OSXMMEXCPT 0x00000400UL
#define CR4_UMIP       0x00000800UL
#define CR4_FSGSBASE   0x00010000UL
#define CR4_OSXSAVE    0x00040000UL
#define CR4_SMEP       0x00100000UL
#define CR4_SMAP       0x00200000UL

#define EFER_SCE 0x001UL
#define EFER_LME 0x100UL
#define EFER_LMA 0x400UL
#define EFER_NXE 0x800UL

#define RFLAGS_TF 0x00000100UL
#define RFLAGS_IF 0x00000200UL
#define RFLAGS_DF 0x00000400UL
#define RFLAGS_IOPL 0x00003000UL
#define RFLAGS_NT 0x00004000UL
#define RFLAGS_RF 0x00010000UL
#define RFLAGS_AC 0x00040000UL

#define MSR_APIC_BASE       0x0000001b
#define MSR_PLATFORM_INFO   0x000000ce
#define MSR_MISC_FEATURES   0x00000140
#define MSR_SYSENTER_CS     0x00000174
#define MSR_PAT             0x00000277
#define MSR_TSC_DEADLINE    0x000006e0
#define MSR_X2APIC          0x00000800
#define MSR_EFER            0xc0000080
#define MSR_STAR            0xc0000081
#define MSR_LSTAR           0xc0000082
#define MSR_CSTAR           0xc0000083
#define MSR_SFMASK          0xc0000084
#define MSR_FS_BASE         0xc0000100
#define MSR_GS_BASE         0xc0000101
#define MSR_KERNEL_GS_BASE  0xc0000102
#define MSR_TSC_AUX         0xc0000103

/* What guests of this ABI expect: WB WT UC- UC WC WP UC UC. */
#define PAT_VALUE 0x050100070406UL

#define XCR0_X87 1UL
#define XCR0_SSE 2UL
#define XCR0_AVX 4UL
#define XCR0_AVX512 0xe0UL

#define DR6_RESET 0xffff0ff0UL
#define DR7_RESET 0x400UL
#define DR7_GUEST 0xffff03ffUL   /* bits that a guest may set: no GD, nothing reserved */

/* Selectors of the hypervisor's own descriptors (GDT window, page 14); what guests see is in the ABI:
 * FLAT_RING3_*. */
#define HYPERVISOR_CS 0xe008
#define HYPERVISOR_DS 0xe010
#define TSS_SELECTOR  0xe040
#define LDT_SELECTOR  0xe050

/* Stacks of their own in the TSS. */
#define IST_NMI 1
#define IST_DOUBLE_FAULT 2
#define IST_MACHINE_CHECK 3
#define IST_DEBUG 4

#endif
