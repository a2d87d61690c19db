/* trapped.c: who may write an entry directly, in which table, and which entries. The class of bug: a write
 * that is done for somebody who may not, or that is checked less than a request would be. */
#include "form.h"
#include "scratch.h"

#include <string.h>

#define REFUSED TRAP(14, 3)

FORM_CODE(trapped_mov, "movq %rsi, (%rdi)")

static void assist(bool on)
{
    HYPERVISOR_vm_assist(on ? VMASST_CMD_enable : VMASST_CMD_disable, VMASST_TYPE_writable_pagetables);
}

static long write_word(volatile uint64_t *at, uint64_t value)
{
    struct form_regs r = { .rdi = (uint64_t)at, .rsi = value, .rflags = 0x202 };

    return form_run(trapped_mov, &r);
}

static void with_and_without_assist(void)
{
    uint64_t ro = entry_for(s.page, FLAGS_RO | PV_PTE_G), rw = entry_for(s.page, FLAGS_RW | PV_PTE_G);
    volatile uint64_t *slot = entries(s.l1);
    long rc;

    assist(false);
    mmu_update1(maddr_of(s.l1, 0), rw);
    /* Xen helps the domain that has the hardware with and without. */
    rc = write_word(slot, ro);
    check_state("without the assist", rc, by_role(REFUSED, 0),
                rc ? "the entry is as before" : "the entry is changed", *slot == (rc ? rw : ro));
    assist(true);
    mmu_update1(maddr_of(s.l1, 0), rw);
    rc = write_word(slot, ro);
    check_state("with the assist", rc, 0, "the entry is changed", *slot == ro);
    flush();
    check("the new entry is in force: writing there", try_write(TREE), REFUSED);
    check("the new entry is in force: reading there", try_read(TREE), 0);
    write_word(slot, rw);
    check("made writable again: writing there", try_write(TREE), 0);
}

/* Pages that look like tables of level 1 and are not. */
static void other_pages(void)
{
    char *gdt = gdt_take();
    const struct { const char *name; char *table; unsigned int index; } rows[] = {
        { "a table of level 2", s.l2, 3 },
        { "a table of level 3", s.l3, 3 },
        { "the live root", ROOT, TREE_SLOT + 3 },
        { "the live root, a slot of the hypervisor", ROOT, 260 },
        { "a read-only page that is no table", s.other, 3 },
        { "a table that was unpinned", s.t1, 3 },
        { "a descriptor page", gdt, 3 },
    };
    unsigned int i;

    make_read_only(s.other);
    make_read_only(s.t1);
    mmuext1(MMUEXT_PIN_L1_TABLE, mfn_of(s.t1));
    mmuext1(MMUEXT_UNPIN_TABLE, mfn_of(s.t1));
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        volatile uint64_t *slot = entries(rows[i].table) + rows[i].index;
        uint64_t before = *slot;
        long rc = write_word(slot, 0);

        check_state(named("a zero to %s", rows[i].name), rc, REFUSED, "it is as before", *slot == before);
    }
    make_ordinary(s.other);
    make_ordinary(s.t1);
    gdt_drop();
}

/* The same checks as for a request. */
static void entries_to_write(void)
{
    const struct { const char *name; uint64_t val; long domu, initial; } rows[] = {
        { "a page of ours, writable", entry_for(s.page, FLAGS_RW | PV_PTE_G), 0, 0 },
        { "a page of ours, read-only", entry_for(s.page, FLAGS_RO | PV_PTE_G), 0, 0 },
        { "nothing", 0, 0, 0 },
        { "this table, read-only", entry_for(s.l1, FLAGS_RO | PV_PTE_G), 0, 0 },
        { "this table, writable", entry_for(s.l1, FLAGS_RW), REFUSED, REFUSED },
        { "a table of level 2, writable", entry_for(s.l2, FLAGS_RW), REFUSED, REFUSED },
        { "the live root, writable", entry_for(ROOT, FLAGS_RW), REFUSED, REFUSED },
        { "a frame beyond memory", BEYOND << 4 | FLAGS_RO, REFUSED, REFUSED },
        { "the shared page", pv_start_info->shared_info | FLAGS_RW | PV_PTE_G, 0, 0 },
        { "PCD, XSA-402", entry_for(s.page, FLAGS_RW | PV_PTE_G | 0x10), REFUSED, 0 },
        { "PAT, XSA-402", entry_for(s.page, FLAGS_RW | PV_PTE_G | 0x80), REFUSED, 0 },
        { "a page of ours, absent, XSA-273", entry_for(s.page, 0), 0, 0 },
        { "all ones", ~0UL, REFUSED, REFUSED },
    };
    volatile uint64_t *slot = entries(s.l1) + 20;
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        long rc;

        mmu_update1(maddr_of(s.l1, 20), 0);
        rc = write_word(slot, rows[i].val);
        check_state(named("an entry for %s", rows[i].name), rc, by_role(rows[i].domu, rows[i].initial),
                    rc ? "nothing is written" : "it is written", *slot == (rc ? 0 : rows[i].val));
    }
    mmu_update1(maddr_of(s.l1, 20), 0);
}

/* What the fault that is passed on looks like. */
static void frames_of_faults(void)
{
    volatile uint64_t *slot = entries(s.l1) + 20;

    check("a refused write", write_word(slot, ~0UL), REFUSED);
    check_true("its address is the entry's", probe_address == (uint64_t)slot);
    check_true("its frame is of the instruction that wrote", probe_regs.rip == (uint64_t)trapped_mov);
    check_true("its frame has the registers of that moment",
               probe_regs.rdi == (uint64_t)slot && probe_regs.rsi == ~0UL);
    check_true("its frame is of kernel mode, XSA-202",
               !(probe_regs.cs & 3) && (probe_regs.rflags & 0x3200) == 0x200);
}

static void from_user_mode(void)
{
    volatile uint64_t *slot = entries(s.l1) + 20;
    struct form_regs r = { .rdi = (uint64_t)slot, .rsi = entry_for(s.page, FLAGS_RO), .rflags = 0x202 };
    long rc = form_run_user(trapped_mov, &r, ROOT);

    check_state("a write in user mode", rc, TRAP(14, 7), "nothing is written", *slot == 0);
    check_true("a write in user mode: the address of the fault", probe_address == (uint64_t)slot);
    r.rdi = (uint64_t)(entries(s.l2) + 20);
    check("a write in user mode to a table of level 2", form_run_user(trapped_mov, &r, ROOT), TRAP(14, 7));
    r.rdi = (uint64_t)machine_to_phys_mapping;
    check("a write in user mode to the machine-to-physical table", form_run_user(trapped_mov, &r, ROOT),
          TRAP(14, 7));
}

/* Single step: the trap comes behind the instruction that was emulated. */
static void single_step(void)
{
    volatile uint64_t *slot = entries(s.l1) + 20;
    uint64_t ro = entry_for(s.page, FLAGS_RO | PV_PTE_G);
    struct form_regs r = { .rdi = (uint64_t)slot, .rsi = ro, .rflags = 0x302 };
    long first;

    /* The first trap comes before the instruction: popfq and the loads before it are stepped too. */
    first = form_run(trapped_mov, &r);
    check("single step over what comes before", first, TRAP(1, 0));
    PROBE("pushfq; orq $0x100, (%%rsp); popfq; movq %1, (%0)", , ARGS("r"(slot), "r"(ro)));
    check_state("single step over a write", probe_result(), TRAP(1, 0), "it is written", *slot == ro);
    mmu_update1(maddr_of(s.l1, 20), 0);
}

/* The table shows at two addresses, both read-only. */
static void second_mapping(void)
{
    uint64_t ro = entry_for(s.page, FLAGS_RO | PV_PTE_G);

    long rc;

    mmu_update1(maddr_of(s.l1, 30), entry_for(s.l1, FLAGS_RO));
    rc = write_word((uint64_t *)(TREE + 30 * PV_PAGE_SIZE) + 20, ro);
    check_state("a write through another mapping of the table", rc, 0, "it is written",
                entries(s.l1)[20] == ro);
    rc = write_word((uint64_t *)(TREE + 30 * PV_PAGE_SIZE) + 30, 0);
    check_state("a write through a mapping of the table in itself, which it removes", rc, 0, "it is written",
                entries(s.l1)[30] == 0);
    flush();
    check("the mapping is gone", try_read(TREE + 30 * PV_PAGE_SIZE), TRAP(14, 0));
    mmu_update1(maddr_of(s.l1, 20), 0);
}

/* The instruction lies across the end of its page; the linear map is not executable, so the tree shows it. */
static void fetched_code(void)
{
    static const uint8_t mov[] = { 0x48, 0x89, 0x37, 0x0f, 0x0b };    /* movq %rsi, (%rdi); ud2 */
    char *code = pv_pages_alloc(2), *at = TREE + 40 * PV_PAGE_SIZE, *start = at + PV_PAGE_SIZE - 2;
    uint64_t ro = entry_for(s.page, FLAGS_RO | PV_PTE_G);
    struct form_regs r = { .rdi = (uint64_t)(entries(s.l1) + 20), .rsi = ro, .rflags = 0x202 };
    unsigned int i;
    long rc;

    memcpy(code + PV_PAGE_SIZE - 2, mov, sizeof(mov));
    for (i = 0; i < 2; i++)
        mmu_update1(maddr_of(s.l1, 40 + i), entry_for(code + i * PV_PAGE_SIZE, FLAGS_RO));
    rc = form_run(start, &r);
    check_state("an instruction across a page end, then one that is none", rc, TRAP(6, 0), "it is written",
                entries(s.l1)[20] == ro);
    mmu_update1(maddr_of(s.l1, 20), 0);
    mmu_update1(maddr_of(s.l1, 41), 0);
    flush();
    r = (struct form_regs){ .rdi = (uint64_t)(entries(s.l1) + 20), .rsi = ro, .rflags = 0x202 };
    rc = form_run(start, &r);
    check_state("an instruction that ends in a page that is not there", rc, TRAP(14, 16),
                "nothing is written", entries(s.l1)[20] == 0);
    check_true("the address of that fault is the missing page", probe_address == (uint64_t)at + PV_PAGE_SIZE);
    mmu_update1(maddr_of(s.l1, 40), 0);
    flush();
    pv_pages_free(code, 2);
}

void test_trapped(void)
{
    scratch_take();
    tree_plant();
    with_and_without_assist();
    entries_to_write();
    frames_of_faults();
    from_user_mode();
    single_step();
    second_mapping();
    fetched_code();
    other_pages();
    assist(false);
    tree_fell();
    scratch_give_back();
}
