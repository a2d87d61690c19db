/* calls.c: entries, calls of one element, and how a status is told. */
#include "grants.h"

#include <stdio.h>
#include <string.h>
#include <pv/error.h>

volatile struct grant_entry_v1 *table;
char *page[PAGES], *spot[SPOTS];
static uint64_t spot_entry[SPOTS];

long table_op(unsigned int cmd, void *ops, unsigned int n)
{
    return HYPERVISOR_grant_table_op(cmd, ops, n);
}

void setup(void)
{
    struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = 1 };
    xen_pfn_t frame;
    unsigned int i;

    set_xen_guest_handle(op.frame_list, &frame);
    if (table_op(GNTTABOP_setup_table, &op, 1) == 0 && op.status == GNTST_okay)
        table = pv_map_frames(DOMID_SELF, &frame, 1, true, NULL);
    for (i = 0; i < PAGES; i++)
        page[i] = pv_pages_alloc(1);
    for (i = 0; i < SPOTS; i++) {
        spot[i] = pv_pages_alloc(1);
        spot_entry[i] = entry_for(spot[i], FLAGS_RW | PV_PTE_NX);
        set_va(spot[i], 0);
    }
}

void clean_up(void)
{
    unsigned int i;

    for (i = 0; i < SPOTS; i++) {
        set_va(spot[i], spot_entry[i]);
        pv_pages_free(spot[i], 1);
    }
    for (i = 0; i < PAGES; i++) {
        memset(page[i], 0, PV_PAGE_SIZE);
        pv_pages_free(page[i], 1);
    }
    pv_unmap((void *)(uintptr_t)table, 1);
}

void give_frame(grant_ref_t ref, uint64_t frame, domid_t domid, uint16_t flags)
{
    table[ref].frame = (uint32_t)frame;
    table[ref].domid = domid;
    __atomic_store_n(&table[ref].flags, flags, __ATOMIC_SEQ_CST);
}

void give(grant_ref_t ref, const void *p, uint16_t flags)
{
    give_frame(ref, pv_virt_to_mfn(p), own_domid, flags);
}

void take(grant_ref_t ref)
{
    __atomic_store_n(&table[ref].flags, 0, __ATOMIC_SEQ_CST);
    table[ref].domid = 0;
    table[ref].frame = 0;
}

const char *use_of(grant_ref_t ref)
{
    static const char *const texts[] = { "unused", "reading", "writing", "reading writing" };

    return texts[table[ref].flags >> _GTF_reading & 3];
}

int map_full(struct gnttab_map_grant_ref *op)
{
    long rc;

    op->status = 99;
    rc = table_op(GNTTABOP_map_grant_ref, op, 1);
    return rc ? CALL(rc) : op->status;
}

int map(grant_ref_t ref, uint32_t flags, const void *address, grant_handle_t *handle)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = (uintptr_t)address, .flags = flags, .ref = ref, .dom = own_domid, .handle = NO_HANDLE,
    };
    int status = map_full(&op);

    *handle = status == GNTST_okay ? op.handle : NO_HANDLE;
    return status;
}

int unmap_full(grant_handle_t handle, uint64_t address, uint64_t bus)
{
    struct gnttab_unmap_grant_ref op = {
        .host_addr = address, .dev_bus_addr = bus, .handle = handle, .status = 99,
    };
    long rc = table_op(GNTTABOP_unmap_grant_ref, &op, 1);

    return rc ? CALL(rc) : op.status;
}

int unmap(grant_handle_t handle, const void *address)
{
    return unmap_full(handle, (uintptr_t)address, 0);
}

int copy1(const struct gnttab_copy *op)
{
    struct gnttab_copy c = *op;
    long rc;

    c.status = 99;
    rc = table_op(GNTTABOP_copy, &c, 1);
    return rc ? CALL(rc) : c.status;
}

const char *mapped_at(const void *address, const void *p)
{
    uint64_t entry = pv_pt_lookup(address, 1, NULL);

    if (!(entry & PV_PTE_P))
        return "nothing";
    if ((entry & PV_PTE_FRAME) >> PV_PAGE_SHIFT != pv_virt_to_mfn(p))
        return "other";
    return entry & PV_PTE_RW ? "writable" : "read-only";
}

static const char *status_name(int status)
{
    static const char *const names[] = {
        "okay", "general_error", "bad_domain", "bad_gntref", "bad_handle", "bad_virt_addr", "bad_dev_addr",
        "no_device_space", "permission_denied", "bad_page", "bad_copy_arg", "address_too_big", "eagain",
            "no_space",
    };

    if (status == 99)
        return "(no status)";
    if (status <= 0 && -status < (int)(sizeof(names) / sizeof(names[0])))
        return names[-status];
    return status < -9000 ? named("call -%s", pv_xen_errno_name(status + 10000)) : named("%d", status);
}

void check_status(const char *name, int got, int want)
{
    check_text(name, status_name(got), status_name(want));
}

void check_after(const char *name, int got, int want, const char *state, bool holds)
{
    check_text_state(name, status_name(got), status_name(want), state, holds);
}

void check_use(const char *name, int got, int want, const char *use)
{
    const char *now = use_of(REF);
    bool same = strcmp(now, use) == 0;

    check_after(name, got, want, same ? use : named("%s but %s", use, now), same);
}
