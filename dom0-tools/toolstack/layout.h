/* Where everything goes in a new PV domain: pure arithmetic from sizes to page numbers.
 * One virtual region starts at virt_base and shows pseudo-physical memory from pfn 0 on, in this order:
 * kernel, ramdisk (if it must be mapped), p2m list (unless INIT_P2M), start_info, store page, console page,
 * page tables, boot stack, at least 512 KiB of padding, end aligned to 4 MiB. After it, not mapped there: the
 * p2m list of an INIT_P2M kernel with its page tables, then the ramdisk of a MOD_START_PFN kernel. */
#ifndef ENSO_TOOLSTACK_LAYOUT_H
#define ENSO_TOOLSTACK_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

#define LAYOUT_PAGE_SHIFT 12
#define LAYOUT_PAGE_SIZE  4096u
#define LAYOUT_NO_PFN     UINT64_MAX

struct layout_input {
    uint64_t virt_base;     /* page-aligned */
    uint64_t kernel_end;    /* virtual address after the last byte of the kernel */
    uint64_t ramdisk_bytes; /* 0: none */
    uint64_t pages;         /* frames of the domain */
    uint64_t init_p2m;      /* IMAGE_UNSET: p2m list inside the region */
    bool ramdisk_unmapped;  /* MOD_START_PFN */
};

/* Page tables of one level for one virtual range: consecutive pages that cover consecutive slots. */
struct layout_level {
    uint64_t pfn;   /* first table page */
    uint64_t count; /* number of them, 0: none needed (shared with the other range) */
    uint64_t first; /* number of the first: 48-bit virtual address >> (21 + 9 * level index) */
};

/* Tables for one virtual range; level[0] is L1, level[3] is L4. */
struct layout_range {
    uint64_t start, end; /* virtual, page-aligned, end exclusive */
    struct layout_level level[4];
};

struct layout {
    struct layout_input in;
    uint64_t ramdisk_pfn;    /* LAYOUT_NO_PFN: no ramdisk */
    uint64_t ramdisk_pages;
    uint64_t p2m_pfn;
    uint64_t p2m_pages;      /* pages of the list itself */
    uint64_t p2m_frames;     /* with INIT_P2M: list and its tables (nr_p2m_frames); otherwise 0 */
    uint64_t p2m_virt;       /* what start_info.mfn_list says */
    uint64_t start_info_pfn;
    uint64_t store_pfn;
    uint64_t console_pfn;
    uint64_t tables_pfn;     /* the L4; the tables of the region follow, [L4][L3..][L2..][L1..] */
    uint64_t tables;         /* nr_pt_frames */
    uint64_t stack_pfn;
    uint64_t virt_end;       /* end of the region, 4 MiB aligned */
    uint64_t used_pages;     /* pages that are taken when the domain starts: the least memory it can have */
    struct layout_range region;
    struct layout_range p2m; /* start == end unless INIT_P2M */
};

/* Computes the layout. Returns 0; -ENOMEM the domain's memory cannot hold it (err says how much it needs);
 * -EINVAL addresses that wrap, that touch the hypervisor's range, or that overlap. name is for the error. */
int layout_compute(struct layout *layout, const struct layout_input *in, const char *name,
                   struct toolstack_error *err);

/* Fills one page-table page.
 *   range, level, index   which table: index-th of range->level[level]
 *   p2m                   machine frame of every pfn of the domain, layout->in.pages entries
 *   table                 512 entries, written completely
 * Entries that belong to the other range (shared upper tables) are filled too. */
void layout_fill_table(const struct layout *layout, const struct layout_range *range, unsigned level,
                       uint64_t index, const uint64_t *p2m, uint64_t table[512]);

/* The virtual address of a pfn in the bootstrap region. */
uint64_t layout_virt(const struct layout *layout, uint64_t pfn);

#endif
