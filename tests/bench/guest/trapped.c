/* trapped.c: writes to a pinned L1 through a read-only mapping, which trap and are carried out. */
#include "bench.h"

static uint64_t *entry;         /* the first of the table */
static uint64_t own, another;   /* its value, and one with another frame */

/* The mean of two writes, each to the pinned table. (Xen adds the global bit.) */
static uint32_t trapped(uint64_t first, uint64_t second)
{
    uint32_t ticks = clock_write(entry, first);
    uint64_t now = *(volatile uint64_t *)entry;

    if ((now & ~PV_PTE_G) != first)
        fail("the trapped write left %lx, not %lx", now, first);
    return (ticks + clock_write(entry, second)) / 2;
}

static uint32_t accessed(void) { return trapped(own & ~PV_PTE_A, own); }
static uint32_t frame(void) { return trapped(another, own); }
static uint32_t clear(void) { return trapped(0, own); }

static uint32_t exchange(void)
{
    uint32_t ticks = clock_exchange(entry, 0);

    return (ticks + clock_exchange(entry, own)) / 2;
}

void bench_trapped(uint64_t *table, uint64_t other_entry)
{
    entry = table;
    own = table[0] & ~PV_PTE_G;
    another = other_entry;
    must("vm_assist", HYPERVISOR_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables));
    mmuext(MMUEXT_PIN_L1_TABLE, pv_virt_to_mfn(table));
    group("trapped writes");
    bench("trapped write to a pinned L1, accessed/dirty only", accessed);
    bench("trapped write to a pinned L1, another frame", frame);
    bench("trapped write to a pinned L1, clear and set", clear);
    bench("trapped exchange in a pinned L1, clear and set", exchange);
    mmuext(MMUEXT_UNPIN_TABLE, pv_virt_to_mfn(table));
}
