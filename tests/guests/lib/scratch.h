/* scratch.h: what kernels about page tables share: scratch pages, a tree of tables in the live address space,
 * and frames that can be no table. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include "case.h"

/* A frame beyond the memory of any machine that runs these kernels. */
#define BEYOND_MFN (1UL << 28)
#define BEYOND (BEYOND_MFN << PV_PAGE_SHIFT)

/* The flags of an entry that refers to a table. */
#define FLAGS_TABLE FLAGS_RW

/* Pages of a group, zeroed and mapped writable when it begins. By convention l1 to l4 become tables of that
 * level and t1 to t3 others beside them; nothing prevents a case from doing otherwise. */
struct scratch {
    char *l1, *l2, *l3, *l4, *t1, *t2, *t3, *page, *other;
};
extern struct scratch s;

#define SCRATCH_PAGES (sizeof(struct scratch) / sizeof(char *))

/* The pages of s; the second prints a case: each can be a table and be mapped writable again, so no use of it
 * was left behind by what was tried. */
void scratch_take(void);
void scratch_give_back(void);

/* Makes a page ordinary: not pinned, zeroed, mapped writable. False: something still uses it as a table. */
bool make_ordinary(char *page);

/* True if the page, which is mapped writable and in use nowhere else, can be a table of each level and become
 * writable again. */
bool is_ordinary(char *page);

static inline uint64_t *entries(void *table)
{
    return table;
}

static inline uint64_t maddr_of(const void *table, unsigned int index)
{
    return ((uint64_t)pv_virt_to_mfn(table) << PV_PAGE_SHIFT) + index * 8;
}

static inline xen_pfn_t mfn_of(const void *page)
{
    return pv_virt_to_mfn(page);
}

/* The live root, and the entry that maps a page of the linear map, both as we may read them. */
#define ROOT ((char *)pv_start_info->pt_base)
const volatile uint64_t *entry_of(const void *page);
uint64_t entry_maddr(const void *page);

/* Two pages of level: s.l1 to s.l4, and s.t1 to s.t3. */
char *table_of_level(unsigned int level);
char *spare_of_level(unsigned int level);

/* The tree: root[TREE_SLOT] -> s.l3[0] -> s.l2[0] -> s.l1[0] -> s.page, writable, at address TREE. */
#define TREE_SLOT 300
#define TREE ((char *)(0xffff000000000000UL | (uint64_t)TREE_SLOT << 39))
void tree_plant(void);
void tree_fell(void);

/* Forgets all translations. */
void flush(void);

/* A frame of the grant table. */
xen_pfn_t grant_frame(void);

/* A frame that is used as a descriptor page, from the first call on until gdt_drop(). */
char *gdt_take(void);
void gdt_drop(void);

/* mmu_update of one element, with foreigndom. */
long update_for(unsigned int foreigndom, uint64_t ptr, uint64_t val);

/* Reads, or writes, a byte: 0 or the trap. */
long try_read(const volatile void *at);
long try_write(volatile void *at);

#endif
