/* trip.c: the two address spaces of a trip, the trap table, and the way there and back. */
#include "trip.h"

#include <string.h>
#include <pv/console.h>

/* What registers hold at the start, less their number. */
#define MARK64 0x5eed000051000000UL
#define MARK32 0x51000000UL

struct landing trip_landing;        /* filled in by trip_entry.S */
void trip_go(const struct pv_regs *start);
extern volatile uint64_t trip_upcalls;

char *trip_code, *trip_data, *trip_const, *trip_kernel_stack;

static struct trap_info gates[257];
static uint64_t *user_l4, *user_l3, *low_l2, *low_l1, *far_l3, *far_l2, *far_l1;

static void must(bool ok, const char *what)
{
    if (!ok)
        pv_panic("trip: %s", what);
}

static void *new_page(void)
{
    void *page = pv_pages_alloc(1);

    must(page != NULL, "no memory");
    return page;
}

/* Hangs `table` below the entry of that level for va in the kernel's own tables. */
static void hang(unsigned long va, unsigned int level, const void *table)
{
    uint64_t at;

    pv_pt_lookup((void *)va, level, &at);
    must(mmu_update1(at, entry_for(table, FLAGS_RW)) == 0, "no entry in the kernel's tables");
}

static void build_leaves(void)
{
    char *stack;
    unsigned int i;

    trip_code = new_page();
    trip_data = new_page();
    trip_const = new_page();
    low_l1[0] = entry_for(trip_code, FLAGS_RO);
    low_l1[2] = entry_for(trip_data, FLAGS_RW | PV_PTE_NX);
    low_l1[3] = entry_for(trip_const, FLAGS_RO | PV_PTE_NX);
    for (i = 12; i < 16; i++)
        low_l1[i] = entry_for(new_page(), FLAGS_RW | PV_PTE_NX);
    stack = new_page();
    far_l1[511] = low_l1[0];
    far_l1[0] = entry_for(stack, FLAGS_RW | PV_PTE_NX);
}

/* Both roots share the tables below 1 GiB + 512 MiB, and those at both sides of the hypervisor's space. */
static void build_tables(void)
{
    uint64_t **tables[] = { &user_l4, &user_l3, &low_l2, &low_l1, &far_l3, &far_l2, &far_l1 };
    unsigned int i;

    for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        *tables[i] = new_page();
    build_leaves();
    low_l2[256] = entry_for(low_l1, FLAGS_RW);
    far_l2[0] = far_l2[511] = entry_for(far_l1, FLAGS_RW);
    far_l3[0] = far_l3[511] = entry_for(far_l2, FLAGS_RW);
    user_l3[1] = entry_for(low_l2, FLAGS_RW);
    user_l4[0] = entry_for(user_l3, FLAGS_RW);
    user_l4[255] = user_l4[272] = entry_for(far_l3, FLAGS_RW);
    for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        must(make_read_only(*tables[i]) == 0, "a table cannot be made read-only");
    must(mmuext1(MMUEXT_PIN_L4_TABLE, trip_user_root()) == 0, "the user's root cannot be pinned");
    must(mmuext1(MMUEXT_NEW_USER_BASEPTR, trip_user_root()) == 0, "the user's root is not taken");
    hang(TRIP_CODE, 3, low_l2);
    hang(TRIP_TOP, 4, far_l3);
    hang(TRIP_HIGH, 4, far_l3);
}

xen_pfn_t trip_user_root(void)
{
    return pv_virt_to_mfn(user_l4);
}

/* An entry only goes away with the whole table, so for a moment there is none: no probe, no trip then. */
void trip_gates_but(unsigned int without)
{
    struct trap_info *g = gates;
    unsigned int v;

    for (v = 0; v < 256; v++)
        if (v != without)
            *g++ = (struct trap_info){ .vector = (uint8_t)v, .flags = v == 3 || v == 4 ? 3 : 0,
                                       .cs = FLAT_KERNEL_CS, .address = TRIP_ENTRY(v) };
    *g = (struct trap_info){ .vector = 0 };
    must(HYPERVISOR_set_trap_table(NULL) == 0, "the trap table cannot be removed");
    must(HYPERVISOR_set_trap_table(gates) == 0, "the trap table is refused");
}

void trip_gates(void)
{
    trip_gates_but(256);
}

long trip_gate(uint8_t vector, uint8_t flags, unsigned long address)
{
    struct trap_info one[2] = {
        { .vector = vector, .flags = flags, .cs = FLAT_KERNEL_CS, .address = address },
    };

    return HYPERVISOR_set_trap_table(one);
}

void trip_init(void)
{
    build_tables();
    trip_kernel_stack = (char *)pv_pages_alloc(4) + 4 * PV_PAGE_SIZE;
    must(HYPERVISOR_stack_switch(FLAT_KERNEL_SS, (unsigned long)trip_kernel_stack) == 0, "no kernel stack");
    trip_gates();
    must(HYPERVISOR_set_callbacks(trip_upcall, (void *)TRIP_ENTRY(TRIP_FAILSAFE),
                                  (void *)TRIP_ENTRY(TRIP_SYSCALL)) == 0, "the callbacks are refused");
}

uint64_t trip_entry_address(unsigned long va)
{
    uint64_t at;

    pv_pt_lookup((void *)va, 1, &at);
    return at;
}

void trip_set_entry(unsigned long va, uint64_t entry)
{
    must(mmu_update1(trip_entry_address(va), entry) == 0, "an entry is refused");
    mmuext1(MMUEXT_TLB_FLUSH_ALL, 0);
}

void trip_place(struct trip *t, struct code code, unsigned int offset)
{
    size_t bytes = (size_t)(code.end - code.start);

    must(offset + bytes <= PV_PAGE_SIZE, "the code is too long");
    memcpy(trip_code + offset, code.start, offset + bytes + 2 <= PV_PAGE_SIZE ? bytes + 2 : bytes);
    t->start.rip = TRIP_CODE + offset;
    t->end = t->start.rip + bytes;
}

struct trip trip_to(struct code code, uint64_t cs)
{
    bool wide = (cs | 3) == FLAT_USER_CS64;
    struct trip t = { .ds = 0 };
    uint64_t *regs = (uint64_t *)&t.start;
    unsigned int i;

    for (i = 0; i < 15; i++)
        regs[i] = (wide ? MARK64 : MARK32) + i;
    t.start.cs = cs;
    t.start.rflags = TRIP_FLAGS;
    t.start.rsp = TRIP_RSP;
    t.start.ss = FLAT_KERNEL_SS;
    memset(trip_code, 0xcc, PV_PAGE_SIZE);
    trip_place(&t, code, 0);
    return t;
}

/* The registers by their names. The handler's rcx and r11 are the hypervisor's to change; the interrupted
 * ones are in the frame. */
static void sort(struct pv_regs *r, const struct landing *l)
{
    const uint64_t *end = l->frame + l->words;

    memcpy(r, l, offsetof(struct pv_regs, vector));
    r->rcx = l->frame[0];
    r->r11 = l->frame[1];
    r->vector = l->entry;
    r->error = l->words == 8 ? l->frame[2] : 0;
    r->rip = end[-5];
    r->cs = end[-4];
    r->rflags = end[-3];
    r->rsp = end[-2];
    r->ss = end[-1];
}

#define LOAD(register, value) __asm__ volatile("mov %0, %%" #register : : "r"(value) : "memory")

static void load_selectors(uint16_t ds, uint16_t es, uint16_t fs)
{
    LOAD(ds, ds);
    LOAD(es, es);
    if (fs || trip_landing.fs)
        LOAD(fs, fs);
}

/* An upcall on the way goes on by an iret of its own, so what came is no answer. */
void trip_run(struct trip *t)
{
    uint64_t before;

    do {
        before = trip_upcalls;
        t->cr2 = pv_shared_info->vcpu_info[0].arch.cr2 = MARK64;
        load_selectors(t->ds, t->es, t->fs);
        trip_go(&t->start);
        load_selectors(0, 0, 0);
    } while (trip_upcalls != before);
    t->landing = trip_landing;
    sort(&t->regs, &t->landing);
}

void trip_check(const char *name, struct trip *t, const char *want)
{
    trip_run(t);
    check_text(name, trip_text(t), want);
}

static void try_in(const char *name, struct code code, const char *want, uint64_t cs)
{
    struct trip t = trip_to(code, cs);

    trip_check(name, &t, want);
}

void try_kernel(const char *name, struct code code, const char *want)
{
    try_in(name, code, want, TRIP_KERNEL_CS);
}

void try_kernel32(const char *name, struct code code, const char *want)
{
    try_in(name, code, want, TRIP_KERNEL_CS32);
}

void try_user(const char *name, struct code code, const char *want)
{
    try_in(name, code, want, FLAT_USER_CS64);
}

void try_user32(const char *name, struct code code, const char *want)
{
    try_in(name, code, want, FLAT_USER_CS32);
}
