/* fuzz.c: hypercalls with numbers, sub-operations and arguments that a seed chooses, mixed from what is
 * right, what is nearly right and what is nonsense. Runs until it kills itself or the time is over. */
#include "crash.h"

#include <stdio.h>
#include <string.h>
#include <xen/event_channel.h>
#include <xen/sched.h>
#include <pv/console.h>
#include <pv/hypercall.h>
#include <pv/memory.h>
#include <pv/start.h>
#include <pv/time.h>
#include <pv/trap.h>

#define SECONDS 5

/* What arguments point to. Behind its page lies one that is not mapped: an array of a million elements
 * there is refused, not carried out over our own data. */
static uint64_t *scratch;

static bool make_scratch(void)
{
    scratch = pv_pages_alloc(2);
    return scratch && pv_protect((char *)scratch + PV_PAGE_SIZE, 1, 0) == 0;
}

/* A frame from the middle of our memory, where neither code nor data nor stacks lie: so it lasts longer. */
static xen_pfn_t unused_frame(uint64_t r)
{
    uint64_t pages = pv_start_info->nr_pages;

    return pv_virt_to_mfn((void *)(PV_VIRT_BASE + (pages / 4 + r % (pages / 2)) * PV_PAGE_SIZE));
}

/* An argument: small, a mapped address, some other address, a frame, or any 64 bits. */
static unsigned long argument(struct prng *p)
{
    uint64_t r = prng_next(p);

    switch (r % 10) {
    case 0:
    case 1:
    case 2:
        return (r >> 8) % 40;
    case 3:
    case 4:
    case 5:
        return (unsigned long)scratch + (r >> 8) % 512 * 8;
    case 6:
        return pv_start_info->pt_base + (r >> 8) % 4096;
    case 7:
        return 0xffff800000000000UL + (r >> 20);
    case 8:
        return unused_frame(r >> 8) << 12;
    default:
        return r;
    }
}

static void fill_scratch(struct prng *p)
{
    unsigned int i;

    for (i = 0; i < 512; i += 1 + prng_next(p) % 16)
        scratch[i] = argument(p);
}

/* Ends at once that teach nothing: returns, shutting down, being put to sleep. */
static bool is_dull(unsigned long nr, unsigned long first)
{
    if (nr == __HYPERVISOR_iret || nr == __HYPERVISOR_set_trap_table || nr == __HYPERVISOR_set_callbacks ||
        nr == __HYPERVISOR_console_io || nr == __HYPERVISOR_multicall)
        return true;
    if (nr == __HYPERVISOR_update_va_mapping && first >> PV_PAGE_SHIFT == (uintptr_t)scratch >> PV_PAGE_SHIFT)
        return true;
    return (nr == __HYPERVISOR_sched_op && first != SCHEDOP_yield) || nr == __HYPERVISOR_sched_op_compat ||
           nr == __HYPERVISOR_callback_op || nr == __HYPERVISOR_nmi_op || nr == __HYPERVISOR_vcpu_op;
}

/* A hypercall may have switched the FPU off or set a breakpoint: the trap itself undoes that. */
static bool go_on(struct pv_regs *regs)
{
    if (regs->vector == 1)
        HYPERVISOR_set_debugreg(7, 0);
    return true;
}

static void hypercalls(const char *arg)
{
    uint64_t end = pv_now_ns() + SECONDS * PV_NS_PER_SEC;
    unsigned long n = 0, refused = 0;
    struct prng p;

    prng_seed(&p, arg);
    if (!make_scratch())
        return;
    pv_trap_handler(1, go_on);
    pv_trap_handler(7, go_on);
    while (pv_now_ns() < end) {
        unsigned long nr = prng_next(&p) % 64, a = argument(&p), b = argument(&p), c = argument(&p);

        fill_scratch(&p);
        if (is_dull(nr, a))
            continue;
        n++;
        refused += pv_hypercall(nr, a, b, c, argument(&p), argument(&p)) < 0;
    }
    pv_console_emergency("crash: %lu hypercalls, %lu refused\n", n, refused);
}

/* Everything, ends included: how long it lives depends on the seed. */
static void all_hypercalls(const char *arg)
{
    uint64_t end = pv_now_ns() + SECONDS * PV_NS_PER_SEC;
    struct prng p;

    prng_seed(&p, arg);
    if (!make_scratch())
        return;
    while (pv_now_ns() < end) {
        unsigned long nr = prng_next(&p) % 64, a = argument(&p), b = argument(&p), c = argument(&p);

        fill_scratch(&p);
        pv_hypercall(nr, a, b, c, argument(&p), argument(&p));
    }
}

/* An entry: one of our frames or any, with any flags. */
static uint64_t wild_entry(struct prng *p)
{
    uint64_t r = prng_next(p), flags = prng_next(p) & (PV_PTE_NX | 0xfff);
    uint64_t own = pv_virt_to_mfn((void *)(PV_VIRT_BASE + (r >> 8) % pv_start_info->nr_pages * 4096)) << 12;

    return (r & 3 ? own : prng_next(p) & 0xfffffff000UL) | flags | (r & 4 ? PV_PTE_P | PV_PTE_US : 0);
}

/* One wild operation on the page tables; the lowest 2 MiB (our code) are mostly left alone so that it
 * lasts. */
static long wild_step(struct prng *p)
{
    uint64_t r = prng_next(p);
    xen_pfn_t frame = pv_virt_to_mfn((void *)(PV_VIRT_BASE + (r >> 8) % pv_start_info->nr_pages * 4096));
    struct mmu_update u = { .ptr = (frame << 12) + (r >> 40) % 512 * 8, .val = wild_entry(p) };
    struct mmuext_op op = { .cmd = (unsigned int)((r >> 4) % 8), .arg1.mfn = frame };

    switch (r % 4) {
    case 0:
        return HYPERVISOR_mmu_update(&u, 1, NULL, DOMID_SELF);
    case 1:
        return op.cmd == MMUEXT_NEW_BASEPTR ? 0 : HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
    case 2:
        u.ptr = (pv_start_info->pt_base + (r >> 20) % (pv_start_info->nr_pt_frames * 4096)) & ~7UL;
        u.ptr = pv_virt_to_machine((void *)u.ptr) + 64 * 8;
        return HYPERVISOR_mmu_update(&u, 1, NULL, DOMID_SELF);
    default:
        return HYPERVISOR_update_va_mapping(PV_VIRT_BASE + (512 + (r >> 20) % pv_start_info->nr_pages) * 4096,
                                            u.val, (r >> 16) % 8);
    }
}

static void page_tables(const char *arg)
{
    uint64_t end = pv_now_ns() + SECONDS * PV_NS_PER_SEC;
    unsigned long n = 0, taken = 0;
    struct prng p;

    prng_seed(&p, arg);
    while (pv_now_ns() < end) {
        n++;
        taken += wild_step(&p) == 0;
    }
    pv_console_emergency("crash: %lu page-table operations, %lu taken\n", n, taken);
}

const struct mode fuzz_modes[] = {
    { "hypercalls", "random hypercalls, except those that end it [seed]", hypercalls },
    { "anycalls", "random hypercalls, all of them [seed]", all_hypercalls },
    { "pagetables", "random page-table operations [seed]", page_tables },
    { NULL, NULL, NULL },
};
