/* Memory and mappings while booting. Only the boot CPU calls what is in here, before sched_run, except
 * device_map, which smp_start and drivers of the hypervisor may call as long as the boot CPU alone runs it.
 * No locks.
 *
 * Order: paging_init (boot/paging.c) builds the final tables with early_alloc; frame_init takes the frame
 * table and the M2P with early_alloc and map_region, then walks the free ranges, which ends early_alloc. From
 * then on memory comes from the heap, also the table pages that map_region and device_map need. */
#ifndef ENSO_BOOT_EARLY_H
#define ENSO_BOOT_EARLY_H

#include "lib/types.h"

struct boot_info;

/* Zeroed RAM, as an address in the direct map (virt_phys gives the machine address). `align` is a power of
 * two, at least PAGE_SIZE; bytes are rounded up to whole pages. Taken from the end of the highest RAM range
 * where it fits, so memory below 4 GiB is left for those who need it. Never fails: panics when there is no
 * such RAM, or after frame_init. */
void *early_alloc(size_t bytes, size_t align);

/* Maps [va, va+bytes) of the hypervisor's half to machine memory from pa on, for all roots. All page aligned;
 * nothing may be mapped there yet. `pte_flags` are the bits of the leaf entries (PTE_PRESENT, PTE_RW,
 * PTE_USER, PTE_NX, caching bits of a 4 KiB entry without PTE_PAT); with PTE_USER the upper levels are user
 * accessible too. Uses 2 MiB pages where va and pa are aligned to them and 2 MiB are left. */
void map_region(uint64_t va, uint64_t pa, size_t bytes, uint64_t pte_flags);

/* Walks the RAM that is free after booting: not the hypervisor's image, early allocations, the modules, the
 * first page of memory, nor the trampoline of the other CPUs. Start with *cursor = 0; each call gives the
 * next range, page aligned, rising, not overlapping, not touching. False: no more. The first call ends
 * early_alloc. */
bool early_next_free_range(unsigned int *cursor, uint64_t *start, uint64_t *end);

/* A window to device memory at pa (any alignment), uncached, for good. */
void *device_map(uint64_t pa, size_t bytes);
/* A window for device memory that is chosen later: device_set maps one of its pages, once, uncached, for
 * good. Reserving is for booting; device_set may be called at any time, by one CPU at a time. */
uint64_t device_reserve(size_t bytes);
void device_set(uint64_t va, uint64_t pa);
/* The same with cached access, for firmware tables outside the RAM of the direct map; read only. */
const void *firmware_map(uint64_t pa, size_t bytes);
/* The same with write combining, for the frame buffer. */
void *framebuffer_map(uint64_t pa, size_t bytes);

/* Machine address of the page below 1 MiB that smp_start uses for its trampoline, and three more after it. 0:
 * there is no RAM for it, the machine runs with one CPU. */
extern uint64_t early_trampoline;
#define EARLY_TRAMPOLINE_PAGES 4

/* boot/early.c: makes the list of free RAM out of the memory map. */
void early_init(const struct boot_info *info);
/* From here on RAM above `limit` may be allocated (the first page tables reach only so far). */
void early_allow_all(void);
/* True while early_alloc may be used. */
bool early_active(void);
/* Adds RAM that is not needed any more. */
void early_release(uint64_t start, uint64_t end);

/* boot/paging.c: the final page tables, hypervisor_root, and the area of the boot CPU; loads CR3. */
void paging_init(const struct boot_info *info);
/* Gives back what only the first page tables and stack used; the boot CPU is on its own stack. */
void paging_drop_early(void);
/* Maps the stacks, the GDT page and the TSS of a CPU into its area. */
void paging_map_cpu(unsigned int id);

#endif
