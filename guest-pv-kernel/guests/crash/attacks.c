/* attacks.c: calls that once got through: each tells what it got, which is nothing. */
#include "crash.h"

#include <stdio.h>
#include <xen/memory.h>
#include <pv/hypercall.h>
#include <pv/memory.h>

#define FLAGS_RW (PV_PTE_P | PV_PTE_RW | PV_PTE_US | PV_PTE_NX)

/* Addresses whose low 48 bits are the hypervisor's: as they are, and with other bits above. */
static void hypervisor_tables(const char *arg)
{
    static const uint64_t tops[] = { 0xffff, 0x0000, 0x7fff, 0x8000 };
    char *page = pv_pages_alloc(1);
    uint64_t entry = pv_virt_to_machine(page) | FLAGS_RW;
    unsigned int i, changed = 0;

    (void)arg;
    for (uint64_t slot = 256; slot < 272; slot++)
        for (i = 0; i < sizeof(tops) / sizeof(tops[0]); i++)
            changed += HYPERVISOR_update_va_mapping(tops[i] << 48 | slot << 39 | 0x10000, entry, 0) == 0;
    printf("crash: %u entries of the hypervisor changed\n", changed);
}

static long mmuext(unsigned int cmd, xen_pfn_t mfn)
{
    struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

    return HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

/* A table that was pinned before, and is when its domain ends. */
static void pinned_again(const char *arg)
{
    char *table = pv_pages_alloc(1);
    xen_pfn_t mfn = pv_virt_to_mfn(table);

    (void)arg;
    pv_protect(table, 1, PV_PTE_P);
    if (mmuext(MMUEXT_PIN_L1_TABLE, mfn) == 0 && mmuext(MMUEXT_UNPIN_TABLE, mfn) == 0 &&
        mmuext(MMUEXT_PIN_L1_TABLE, mfn) == 0)
        printf("crash: pinned again\n");
}

/* Memory whose frame number cannot be told, because the list is read-only: still the domain's own. */
static void untold(const char *arg)
{
    xen_pfn_t *list = pv_pages_alloc(1);
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
    domid_t self = DOMID_SELF;
    char *page;
    long before, given;

    (void)arg;
    set_xen_guest_handle(r.extent_start, list);
    page = pv_pages_alloc(1);
    *list = pv_virt_to_mfn(page);
    HYPERVISOR_update_va_mapping((unsigned long)page, 0, UVMF_TLB_FLUSH | UVMF_LOCAL);
    printf("crash: %ld given back\n", HYPERVISOR_memory_op(XENMEM_decrease_reservation, &r));
    before = HYPERVISOR_memory_op(XENMEM_current_reservation, &self);
    pv_protect(list, 1, PV_PTE_P);
    given = HYPERVISOR_memory_op(XENMEM_populate_physmap, &r);
    printf("crash: %ld blocks told, %ld frames more\n", given,
           HYPERVISOR_memory_op(XENMEM_current_reservation, &self) - before);
}

const struct mode attack_modes[] = {
    { "hvtables", "changes page-table entries of the hypervisor", hypervisor_tables },
    { "repin", "ends with a table that is pinned for the second time", pinned_again },
    { "untold", "takes memory without being told which", untold },
    { NULL, NULL, NULL },
};
