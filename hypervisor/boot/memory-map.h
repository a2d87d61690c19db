/* Every virtual region of the hypervisor. Its half of the address space is L4 slots 256 to 271; all of them
 * point to the same L3 tables in every root (the hypervisor's own and each guest's L4), so a mapping made
 * once is there for all.
 *
 *   slot 256      M2P_VIRT       machine-to-physical table, 8 bytes a frame, read-only for guests at its
 *                                ABI address; the hypervisor writes it through the direct map
 *   slot 257      IMAGE_VIRT     the hypervisor's image: text (RX), rodata (R), data and bss (RW, NX)
 *   slot 258      CPU_AREA_VIRT  per CPU CPU_AREA_SIZE: stacks with guard pages, then the GDT and LDT windows
 *   slot 259      FRAMES_VIRT    the frame table, 24 bytes a frame (RW, NX)
 *   slot 260      DEVICE_VIRT    device memory that the hypervisor uses itself (LAPIC, IO-APIC, frame
 *                                buffer), and tables of the firmware
 *   slot 261      unused
 *   slots 262-271 DIRECT_VIRT    all RAM at machine address + DIRECT_VIRT, 5 TiB (RW, NX; text and rodata
 *                                of the image are read-only here too); immutable after boot */
#ifndef ENSO_BOOT_MEMORY_MAP_H
#define ENSO_BOOT_MEMORY_MAP_H

#define HYPERVISOR_FIRST_SLOT 256
#define HYPERVISOR_LAST_SLOT  271

#define HYPERVISOR_START 0xffff800000000000
#define HYPERVISOR_END   0xffff880000000000 /* first address above */

#define M2P_VIRT      0xffff800000000000
#define IMAGE_VIRT    0xffff808000000000
#define CPU_AREA_VIRT 0xffff810000000000
#define FRAMES_VIRT   0xffff818000000000
#define DEVICE_VIRT   0xffff820000000000
#define DIRECT_VIRT   0xffff830000000000
#define DIRECT_SIZE   (HYPERVISOR_END - DIRECT_VIRT)

/* The image is linked at IMAGE_VIRT + its load address and loaded at 2 MiB. */
#define IMAGE_PHYS    0x200000

/* The area of one CPU. Stacks are 64 KiB aligned so that any stack pointer of the CPU gives its struct
 * cpu_info: page 0 guard, 1 NMI, 2 guard, 3 #DF, 4 guard, 5 #MC, 6 guard, 7 #DB, 8 guard, 9..15 the main
 * stack; struct cpu_info lies at the very top of page 15. Then 16 pages of GDT window (guest frames 0..13,
 * page 14 the CPU's own), then 16 pages of LDT window, then the TSS and I/O bitmap pages. */
#define CPU_AREA_SIZE    0x40000
#define CPU_STACK_SIZE   0x10000
#define CPU_GDT_OFFSET   0x10000
#define CPU_LDT_OFFSET   0x20000
#define CPU_TSS_OFFSET   0x30000
#define CPU_INFO_SIZE    256         /* of struct cpu_info */
#define MAX_CPUS         64

#endif
