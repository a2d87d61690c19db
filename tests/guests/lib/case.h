/*
 * case.h: what the test kernels share.
 *
 * A kernel is a set of groups of cases. A case does one thing and prints one line: what it did and with which
 * arguments, what was answered, and, where something must or must not have changed, whether that is so:
 *
 *     ok      pins: MMUEXT_PIN_L1_TABLE, a page that is mapped writable = -EINVAL; its entry is as before
 *     differs pins: MMUEXT_PIN_L1_TABLE, a pinned table = 0, not -EINVAL
 *
 * The expected answer is always what Xen 4.17 answers, whatever the kernel runs on: a kernel must not
 * ask whose hypervisor it is. Where Enso answers otherwise on purpose, tests/peer/differences.list
 * says so and why. The name of a case is all before " = ". It is unique in its kernel, the same in
 * every run, and, like the answer, holds nothing that depends on the run (addresses, frame or port
 * numbers): tests/peer compares lines.
 */
#ifndef CASE_H
#define CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/errno.h>
#include <xen/xen.h>
#include <pv/event.h>
#include <pv/hypercall.h>
#include <pv/memory.h>
#include <pv/start.h>
#include <pv/time.h>
#include <pv/trap.h>

struct group {
    const char *name;       /* one word */
    void (*run)(void);
    const char *checks;     /* in a line: what is tried, or the class of bug that it looks for */
};

/* Each kernel defines this one. groups ends with an entry without name. */
extern const struct kernel {
    const char *name;
    const char *checks;
    const struct group *groups;
} kernel;

/* The domain's own number. */
extern domid_t own_domid;

/* One case: prints its line and counts it. Answers below zero are shown as error names, traps decoded. */
void check(const char *name, long got, long want);

/* A case with a state after it: `state` says in words what must be so, `holds` whether it is. A macro, so
 * that what is tried comes before the look at what it has left: arguments of a function have no order. */
void show_state(const char *name, long got, long want, const char *state, bool holds);
#define check_state(name, got, want, state, holds)          \
    do {                                                    \
        long got_ = (got);                                  \
        show_state((name), got_, (want), (state), (holds)); \
    } while (0)

/* A case whose answer is yes or no; yes is right. */
void check_true(const char *name, bool ok);

/* A case whose answer is a text. */
void check_text(const char *name, const char *got, const char *want);

/* The same with a state after it. */
void check_text_state(const char *name, const char *got, const char *want, const char *state, bool holds);

/* A case whose name is made from a table's row: printf's arguments. The text is valid until the fourth call
 * after it. */
const char *named(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What Xen answers a domU, or the initial domain, where that differs. */
long by_role(long domu, long initial);

/*
 * Probes: code that may trap. The trap is taken by our handler, which goes on behind the code.
 *   PROBE("insn", outputs, inputs, clobbers)  runs it; probe_result() then says what happened:
 *   0 without a trap, else TRAP(vector, error code).
 */
#define TRAP(vector, error) (0x100000000L | (long)(vector) << 16 | (error))

extern volatile uint64_t probe_resume;

#define PROBE(insn, outs, ins, ...)                                        \
    __asm__ volatile("movq $1f, probe_resume(%%rip)\n\t" insn "\n"       \
                     "1:\tmovq $0, probe_resume(%%rip)"                  \
                     : outs : ins : "memory", "cc", ##__VA_ARGS__)
#define ARGS(...) __VA_ARGS__

/* The trap since the last call, or 0. */
long probe_result(void);

/* The frame and the fault address of that trap. */
extern struct pv_regs probe_regs;
extern uint64_t probe_address;

/* Pointers that no hypercall may follow. Below the image nothing is mapped. */
#define UNMAPPED ((void *)0x1000)
#define HYPERVISOR_SPACE ((void *)0xffff820000000000)
#define NON_CANONICAL ((void *)0x0000900000000000)

extern char pv_image_start[];    /* a page of ours that is mapped read-only */

/* A domain number that no domain has. */
#define NOBODY 0x7123

/* One page of this domain as a table entry. */
static inline uint64_t entry_for(const void *page, uint64_t flags)
{
    return (uint64_t)pv_virt_to_mfn(page) << PV_PAGE_SHIFT | flags;
}

#define FLAGS_RW (PV_PTE_P | PV_PTE_RW | PV_PTE_US | PV_PTE_A | PV_PTE_D)
#define FLAGS_RO (PV_PTE_P | PV_PTE_US | PV_PTE_A | PV_PTE_D)

/* mmu_update, mmuext_op and update_va_mapping of one element on ourselves. */
long mmu_update1(uint64_t ptr, uint64_t val);
long mmuext1(unsigned int cmd, xen_pfn_t mfn);
long set_va(const void *va, uint64_t entry);

/* Maps an ordinary page of ours read-only (as a page table must be) and writable again; their answers. */
long make_read_only(const void *page);
long make_writable(const void *page);

#endif
