/*
 * Memory. All of the domain's start-of-day memory is mapped linearly from PV_VIRT_BASE on: pseudo-physical
 * frame n is at PV_VIRT_BASE + n * 4096. malloc() grows through it from below, pv_pages_alloc() takes from
 * above. Foreign frames, grants and regions appear in windows of address space of their own.
 * Threads only, not from event handlers, except for the address conversions.
 */
#ifndef PV_MEMORY_H
#define PV_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

#define PV_PAGE_SHIFT 12
#define PV_PAGE_SIZE 4096UL
#define PV_VIRT_BASE 0x400000UL

/* Bits of a page-table entry. */
#define PV_PTE_P 0x001ULL
#define PV_PTE_RW 0x002ULL
#define PV_PTE_US 0x004ULL
#define PV_PTE_A 0x020ULL
#define PV_PTE_D 0x040ULL
#define PV_PTE_PSE 0x080ULL
#define PV_PTE_G 0x100ULL
#define PV_PTE_NX (1ULL << 63)
#define PV_PTE_FRAME 0x000ffffffffff000ULL

/* n consecutive pages, page-aligned and zeroed, mapped read-write; NULL without memory. The frames are not
 * machine-contiguous. Whatever was done to their mappings must be undone before they are freed. */
void *pv_pages_alloc(size_t n);
void pv_pages_free(void *p, size_t n);

/* Pages that neither pv_pages_alloc() nor malloc() has taken yet. */
size_t pv_pages_free_count(void);

/* Memory taken from the hypervisor at run time (populate_physmap) and given back (decrease_reservation);
 * page-aligned, contents undefined, bytes rounded up to pages. Free it with the same number of bytes. For
 * large or rare needs. NULL when the domain's limit or the host has no more. */
void *pv_region_alloc(size_t bytes);
void pv_region_free(void *p, size_t bytes);

/* Address conversions for mapped memory of this domain. pv_virt_to_mfn() looks at the live page tables where
 * it must; INVALID (all ones) for an address that is not mapped. pv_mfn_to_virt() knows the linear map only
 * and returns NULL for a frame outside of it. */
#define PV_INVALID_MFN (~(xen_pfn_t)0)
xen_pfn_t pv_virt_to_mfn(const void *p);
void *pv_mfn_to_virt(xen_pfn_t mfn);

static inline uint64_t pv_virt_to_machine(const void *p)
{
    return ((uint64_t)pv_virt_to_mfn(p) << PV_PAGE_SHIFT) | ((uint64_t)(uintptr_t)p & (PV_PAGE_SIZE - 1));
}

/* Maps n frames of another domain (or DOMID_SELF, DOMID_IO, DOMID_XEN) side by side. With errs == NULL all
 * must succeed, else NULL. With errs, errs[i] gets 0 or a negative error for each, failed pages stay
 * unmapped holes, and NULL means that no address space or page-table memory was left. */
void *pv_map_frames(domid_t domid, const xen_pfn_t *mfns, size_t n, bool writable, int *errs);
void pv_unmap(void *p, size_t n);

/* Changes the protection of n pages of this domain's own memory at p. `flags`: PV_PTE_P, or PV_PTE_P
 * with PV_PTE_RW and PV_PTE_NX; 0 unmaps (a guard page). 0, or a negative error with some pages changed. */
int pv_protect(void *p, size_t n, uint64_t flags);

/* Looks up the entry of the current page tables that maps `va` at `level` (1 = the leaf, 4 = top).
 * Returns its value, and its machine address in *entry_maddr (may be NULL): 0 if a table above is missing. */
uint64_t pv_pt_lookup(const void *va, unsigned int level, uint64_t *entry_maddr);

#endif
