/* The benchmark guest: what its parts share. An operation is a function that does it once, between two
 * readings of the clock, and checks that the hypervisor did it; bench.c repeats it and prints minimum and
 * median.
 *
 * The clock is rdtsc. Under QEMU's -icount the difference of two readings is the number of instructions
 * executed, by guest and hypervisor; the reading itself costs CLOCK. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <pv/hypercall.h>
#include <pv/memory.h>
#include <pv/start.h>

#define CLOCK 3U

#define FLAGS_RW (PV_PTE_P | PV_PTE_RW | PV_PTE_US | PV_PTE_A | PV_PTE_D)
#define FLAGS_RO (PV_PTE_P | PV_PTE_US | PV_PTE_A | PV_PTE_D)

/* One hypercall: number, arguments, and the answer that it must give. */
struct call {
    uint64_t number, a1, a2, a3, a4;
    int64_t want;
};
#define CALL(nr, ...) (struct call){ .number = __HYPERVISOR_##nr, ##__VA_ARGS__ }

/* Runs one hypercall; its cost. An answer other than c->want ends the benchmark. Readings and the loading
 * of eax and rdx (which rdtsc spoils) are between the clock's readings, as in any guest. */
uint32_t cost(const struct call *c);

/* The same for a pair: one clock. */
static inline uint32_t cost_of_both(const struct call *a, const struct call *b)
{
    uint32_t first = cost(a);

    return first + cost(b) - CLOCK;
}

/* Says what went wrong and ends the domain. */
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Repeats `once` and prints the line "bench: name | minimum | median" of what it returns, divided by
 * `each`. */
void bench(const char *name, uint32_t (*once)(void));
void bench_each(const char *name, uint32_t (*once)(void), unsigned int each);
/* What takes millions of instructions is done only a few times. */
void bench_few(const char *name, uint32_t (*once)(void));

/* Prints the line "bench: group: name": what follows belongs together. */
void group(const char *name);

/* Prints the line "bench: figure: name | value". */
void figure(const char *name, uint64_t value);

/* Hypercalls that prepare something and must not fail. */
void must(const char *what, long rc);
void mmuext(unsigned int cmd, uint64_t arg);
uint32_t mmuext_cost(unsigned int cmd, uint64_t arg);
void set_entry(const void *va, uint64_t entry);

/* Upcalls through a handler of ours, for one port; then the kit's again. */
void upcalls_by(const char *handler, evtchn_port_t port);
void upcalls_by_kit(void);

/* A page of ours as a page-table entry. */
static inline uint64_t entry_for(const void *page, uint64_t flags)
{
    return (uint64_t)pv_virt_to_mfn(page) << PV_PAGE_SHIFT | flags;
}

/* A tree of page tables, in consecutive pages: levels 4, 3, 2, then those of level 1. */
struct tree { char *tables; unsigned int l1s; };
enum { TREE_L4, TREE_L3, TREE_L2, TREE_L1 };
static inline uint64_t *tree_table(const struct tree *t, unsigned int i)
{
    return (uint64_t *)(t->tables + i * PV_PAGE_SIZE);
}
void tree_make(struct tree *t, unsigned int l1s);
void tree_free(struct tree *t);
uint32_t tree_protect(struct tree *t, bool writable);       /* all its tables; what it costs */

/* The low word of the clock. */
static inline uint32_t clock_now(void)
{
    uint32_t low;

    __asm__ volatile("rdtsc" : "=a"(low) : : "rdx", "memory");
    return low;
}

/* clock.S: single instructions, each between two readings of the clock. */
uint32_t clock_call(const struct call *c, int64_t *answer);
uint32_t clock_nothing(void);
uint32_t clock_loop(uint64_t turns);                   /* 2 * turns + 1 instructions */
uint32_t clock_read(const void *address);              /* mov (%rdi), %rax: three bytes */
uint32_t clock_write(void *address, uint64_t value);   /* mov %rsi, (%rdi): three bytes */
uint32_t clock_exchange(void *address, uint64_t value);
uint32_t clock_read_cr0(void);
uint32_t clock_read_cr3(void);
uint32_t clock_clts(void);
uint32_t clock_read_efer(void);
uint32_t clock_write_gs_shadow(void);
uint32_t clock_cpuid(void);
uint32_t clock_in(uint16_t port);
uint32_t clock_iret(void);
uint32_t clock_until_upcall(void);

/* clock.S: entry points for the hypervisor. The fault handlers go on behind a three-byte instruction. */
extern char fault_by_hypercall[], fault_by_iretq[], upcall_by_hypercall[], upcall_of_timer[];
extern char syscall_by_hypercall[], user_end[];
extern uint64_t upcall_port;

/* clock.S: guest user code, copied to a page of its own: rounds in esi, results to the page at rdi. */
extern char user_code[], user_fault[], user_arrival[], user_code_end[];
void user_run(uint64_t code, uint64_t stack, uint64_t results, uint64_t rounds);

void bench_calls(void);
void bench_entries(void);
void bench_tables(void);
void bench_trapped(uint64_t *table, uint64_t other_entry);
void bench_events(void);
void bench_timers(void);
void bench_faults(void);
void bench_emulation(void);
void bench_user(void);
void bench_grants(void);
void bench_memory(void);
void memory_figures(void);
void bench_vcpus(void);

/* The kit's own entry points, to be put back after ours. */
extern char pv_trap_stubs[], pv_entry_event[], pv_entry_failsafe[], pv_entry_syscall[];
void set_fault_handler(const char *handler);        /* NULL: the kit's */

#endif
