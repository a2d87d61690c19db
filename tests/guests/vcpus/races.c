/* races.c: two vcpus at the same thing at once, for a bounded count. The answers depend on who comes first;
 * what must hold is what is so afterwards, and the audit of frames at the end of the kernel. */
#include "second.h"

#include <string.h>
#include <pv/memory.h>

#define ROUNDS 3000

static volatile unsigned int stop, flips;
/* Of the image: what the kit hands out can't be executed. */
static unsigned char page_of_code[4096] __attribute__((aligned(4096)));
static volatile unsigned char *const code = page_of_code;

/* The second vcpu: one byte of an instruction between two values. */
static volatile unsigned int flip_at;
static volatile unsigned char flip_a, flip_b;

static long flip(void *arg)
{
    (void)arg;
    while (!stop) {
        code[flip_at] = flip_a;
        flips++;
        code[flip_at] = flip_b;
    }
    return 0;
}

struct rewrite {
    const char *name;
    unsigned char bytes[8];
    unsigned int at;
    unsigned char a, b;
    long may_trap;          /* the only trap that may come, 0: none */
};

static const struct rewrite rewrites[] = {
    { "a read of CR0 that becomes one of CR4", { 0x0f, 0x20, 0xc0, 0xff, 0xe3 }, 2, 0xc0, 0xe0, 0 },
    { "a read of CR0 that becomes a write", { 0x0f, 0x20, 0xc0, 0xff, 0xe3 }, 1, 0x20, 0x22, 0 },
    { "cli that becomes nop", { 0xfa, 0xff, 0xe3 }, 0, 0xfa, 0x90, TRAP(13, 0) },
    { "cli that becomes sti", { 0xfa, 0xff, 0xe3 }, 0, 0xfa, 0xfb, TRAP(13, 0) },
    { "clts that becomes wbinvd", { 0x0f, 0x06, 0xff, 0xe3 }, 1, 0x06, 0x09, 0 },
    { "a write to a page table that becomes one elsewhere in it", { 0x48, 0x89, 0x07, 0xff, 0xe3 }, 2, 0x07,
     0x06,
      TRAP(14, 3) },
};

static volatile unsigned int came;

static void on_event(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    came++;
}

/* Runs the code while it changes; the first trap that may not come, or 0. The code comes back by RBX: a trap
 * in it must not leave anything on the stack. */
static long run(const struct rewrite *r, uint64_t *table)
{
    uint64_t cr0, rax;
    long trap;
    int i;

    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    for (i = 0; i < ROUNDS; i++) {
        rax = r->may_trap == TRAP(14, 3) ? 0 : cr0;
        PROBE("lea 2f(%%rip), %%rbx\n\tjmp *%1\n2:", ARGS("+a"(rax)),
              ARGS("r"(code), "D"(&table[3]), "S"(&table[4])), "rbx");
        trap = probe_result();
        if (trap && trap != r->may_trap)
            return trap;
    }
    return 0;
}

static void instructions(void)
{
    char *table = pv_pages_alloc(1);
    int port = pv_event_bind_ipi(on_event, NULL);
    uint64_t flags;
    unsigned int i;
    long wrong;

    set_va((void *)code, entry_for((void *)code, FLAGS_RW));
    make_read_only(table);
    mmuext1(MMUEXT_PIN_L1_TABLE, pv_virt_to_mfn(table));
    HYPERVISOR_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
    for (i = 0; i < sizeof(rewrites) / sizeof(rewrites[0]); i++) {
        const struct rewrite *r = &rewrites[i];

        memcpy((void *)code, r->bytes, sizeof(r->bytes));
        flip_at = r->at;
        flip_a = r->a;
        flip_b = r->b;
        stop = flips = 0;
        second_begin(flip, NULL);
        changes(&flips, 0);
        wrong = run(r, (uint64_t *)table);
        stop = 1;
        second_end();
        HYPERVISOR_fpu_taskswitch(0);
        __asm__ volatile("pushf; pop %0" : "=r"(flags));
        came = 0;
        pv_event_send((evtchn_port_t)port);
        check_state(named("%s while it is executed, XSA-202", r->name), wrong, 0,
                    "interrupts are on and events come", (flags >> 9 & 1) && came == 1);
    }
    HYPERVISOR_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables);
    mmuext1(MMUEXT_UNPIN_TABLE, pv_virt_to_mfn(table));
    make_writable(table);
    pv_event_close((evtchn_port_t)port);
    set_va((void *)code, entry_for((void *)code, FLAGS_RW | PV_PTE_NX));
    pv_pages_free(table, 1);
}

/* Both vcpus pin, unpin, map and fill the same pages. */

static struct shared {
    char *page[3];
    xen_pfn_t mfn[3];
} s;

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005UL + 1442695040888963407UL;
    return *seed >> 33;
}

static long wild(void *arg)
{
    uint64_t seed = (uint64_t)(uintptr_t)arg, r;
    unsigned int i, k, m;

    for (i = 0; i < ROUNDS / 3; i++) {
        r = next_random(&seed);
        k = r % 3;
        m = (r >> 8) % 3;
        switch (r >> 16 & 7) {
        case 0:
        case 1:
            mmuext1(MMUEXT_PIN_L1_TABLE + (r >> 20) % 2, s.mfn[k]);
            break;
        case 2:
        case 3:
            mmuext1(MMUEXT_UNPIN_TABLE, s.mfn[k]);
            break;
        case 4:
            set_va(s.page[k], s.mfn[k] << PV_PAGE_SHIFT | FLAGS_RW | PV_PTE_NX);
            break;
        case 5:
            set_va(s.page[k], s.mfn[k] << PV_PAGE_SHIFT | FLAGS_RO);
            break;
        case 6:
            mmu_update1((s.mfn[k] << PV_PAGE_SHIFT) + (r >> 24) % 512 * 8,
                        s.mfn[m] << PV_PAGE_SHIFT | FLAGS_RO);
            break;
        default:
            mmu_update1((s.mfn[k] << PV_PAGE_SHIFT) + (r >> 24) % 512 * 8,
                        s.mfn[m] << PV_PAGE_SHIFT | FLAGS_RW);
        }
    }
    return 0;
}

/* Undoes whatever is so now. */
static void calm(void)
{
    unsigned int k, i;

    for (k = 0; k < 3; k++)
        set_va(s.page[k], s.mfn[k] << PV_PAGE_SHIFT | FLAGS_RO);
    for (k = 0; k < 3; k++)
        for (i = 0; i < 512; i++)
            if (((volatile uint64_t *)s.page[k])[i])
                mmu_update1((s.mfn[k] << PV_PAGE_SHIFT) + i * 8, 0);
    for (k = 0; k < 3; k++)
        mmuext1(MMUEXT_UNPIN_TABLE, s.mfn[k]);
}

static void tables(void)
{
    unsigned int k;
    long rc;

    for (k = 0; k < 3; k++) {
        s.page[k] = pv_pages_alloc(1);
        s.mfn[k] = pv_virt_to_mfn(s.page[k]);
    }
    second_begin(wild, (void *)1);
    wild((void *)2);
    check("both vcpus pin, unpin, map and fill the same three pages, XSA-299 XSA-310", second_end(), 0);
    calm();
    for (k = 0; k < 3; k++) {
        rc = mmuext1(MMUEXT_PIN_L1_TABLE, s.mfn[k]);
        check(named("page %u of them can be a table", k), rc, 0);
        mmuext1(MMUEXT_UNPIN_TABLE, s.mfn[k]);
    }
    for (k = 0; k < 3; k++) {
        check(named("page %u of them can be mapped writable", k), make_writable(s.page[k]), 0);
        pv_pages_free(s.page[k], 1);
    }
}

/* Both give the same vcpu a context. */

static struct vcpu_guest_context context;
static volatile unsigned int ready;

static long initialise(void *arg)
{
    ready = 1;
    while (ready != 2)
        continue;
    return HYPERVISOR_vcpu_op(VCPUOP_initialise, (unsigned int)(uintptr_t)arg, &context);
}

static void contexts(void)
{
    long a, b;

    second_context(&context, snapshot_entry, snapshot_stack_top);
    ready = 0;
    second_begin(initialise, (void *)(uintptr_t)next_spare);
    changes(&ready, 0);
    ready = 2;
    a = HYPERVISOR_vcpu_op(VCPUOP_initialise, next_spare, &context);
    b = second_end();
    next_spare++;
    check_true("VCPUOP_initialise of one by two at once: one succeeds", (a == 0) + (b == 0) == 1);
    check("VCPUOP_initialise of one by two at once: the other", a == 0 ? b : a, -XEN_EEXIST);
}

void test_races(void)
{
    if (!second_start())
        return;
    instructions();
    tables();
    if (next_spare < vcpu_total() - 1)
        contexts();
    second_stop();
}
