/* grant.c: our own grant table (version 1): entries are filled in by us and read by the hypervisor. The
 * table's frames are mapped as they are needed; references are kept on a free list. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <pv/console.h>
#include <pv/error.h>
#include <pv/grant.h>
#include <pv/hypercall.h>

#define REFS_PER_FRAME (PV_PAGE_SIZE / sizeof(struct grant_entry_v1))
#define FIRST_REF GNTTAB_NR_RESERVED_ENTRIES
#define TABLE_FLAGS (PV_PTE_P | PV_PTE_RW | PV_PTE_US | PV_PTE_A | PV_PTE_D | PV_PTE_NX)
#define NO_REF 0    /* a reserved reference ends the free list */

static struct grant_entry_v1 *table;    /* mapped; frames_max pages of address space */
static unsigned int frames, frames_max;
static grant_ref_t *next_free;          /* per reference: the next on the free list, or ours_in_use */
static grant_ref_t free_head = NO_REF;

static const grant_ref_t in_use = ~0U;

/* Reserves address space for the largest table that we may have. 0 or a negative error. */
static int init(void)
{
    struct gnttab_query_size query = { .dom = DOMID_SELF };
    struct pv_area *area;

    if (table)
        return 0;
    if (HYPERVISOR_grant_table_op(GNTTABOP_query_size, &query, 1) != 0 || query.status != GNTST_okay)
        return -ENOSYS;
    area = pv_area_alloc(&pv_map_window, query.max_nr_frames);
    if (!area)
        return -ENOMEM;
    frames_max = query.max_nr_frames;
    table = (struct grant_entry_v1 *)area->start;
    return 0;
}

/* Asks for `wanted` frames in all; list gets them. 0 or a negative error. */
static int setup(unsigned int wanted, xen_pfn_t *list)
{
    struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = wanted };
    long rc;

    set_xen_guest_handle(op.frame_list, list);
    rc = HYPERVISOR_grant_table_op(GNTTABOP_setup_table, &op, 1);
    if (rc != 0)
        return pv_errno_from_xen(rc);
    return pv_grant_error(op.status);
}

/* Adds a frame to the table. 0, -ENOSPC at the limit, or another negative error. */
static int grow(void)
{
    uintptr_t va = (uintptr_t)table + frames * PV_PAGE_SIZE;
    grant_ref_t *links, ref, end = (frames + 1) * REFS_PER_FRAME;
    xen_pfn_t *list;
    int rc;

    if (frames == frames_max)
        return -ENOSPC;
    links = realloc(next_free, end * sizeof(*links));
    if (!links)
        return -ENOMEM;
    next_free = links;
    list = malloc((frames + 1) * sizeof(*list));
    if (!list || !pv_pt_make_tables(va, 1)) {
        free(list);
        return -ENOMEM;
    }
    rc = setup(frames + 1, list);
    if (rc == 0)
        rc = pv_pt_fill(va, list + frames, 1, TABLE_FLAGS, DOMID_SELF, NULL);
    free(list);
    if (rc != 0)
        return rc;
    for (ref = end; ref-- > frames * REFS_PER_FRAME && ref >= FIRST_REF; free_head = ref)
        next_free[ref] = free_head;
    frames++;
    return 0;
}

int pv_grant_access(domid_t domid, const void *page, bool readonly)
{
    xen_pfn_t mfn = pv_virt_to_mfn(page);
    grant_ref_t ref;
    int rc;

    if (mfn == PV_INVALID_MFN || mfn > UINT32_MAX)
        return -EINVAL;
    rc = init();
    if (rc == 0 && free_head == NO_REF)
        rc = grow();
    if (rc != 0)
        return rc;
    ref = free_head;
    free_head = next_free[ref];
    next_free[ref] = in_use;
    table[ref].frame = (uint32_t)mfn;
    table[ref].domid = domid;
    /* From here on the hypervisor may use the entry. */
    __atomic_store_n(&table[ref].flags, GTF_permit_access | (readonly ? GTF_readonly : 0), __ATOMIC_RELEASE);
    return (int)ref;
}

int pv_grant_end(grant_ref_t ref)
{
    uint16_t flags;

    if (ref < FIRST_REF || ref >= frames * REFS_PER_FRAME || next_free[ref] != in_use)
        return -EINVAL;
    flags = __atomic_load_n(&table[ref].flags, __ATOMIC_ACQUIRE);
    do {
        if (flags & (GTF_reading | GTF_writing))
            return -EBUSY;
    } while (!__atomic_compare_exchange_n(&table[ref].flags, &flags, 0, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_ACQUIRE));
    next_free[ref] = free_head;
    free_head = ref;
    return 0;
}
