/*
 * The self-test guest: what its parts share. A case is one line: a name, what was answered, what is right.
 * What is right is what Xen 4.17 answers; where Enso's design says that it differs (docs/abi.md),
 * check_design() has both.
 */
#ifndef SELFTEST_H
#define SELFTEST_H

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

extern char pv_image_start[];    /* read-only */

/* True if the hypervisor says that it is Enso. */
extern bool on_enso;

/* Our own domain number. */
extern domid_t own_domid;

/* One case: prints its line and counts it. Values below zero are shown as error names, traps decoded. */
void check(const char *name, long got, long want);
void check_true(const char *name, bool ok);

/* The answer that Xen gives, and the one that Enso's design gives instead. */
void check_design(const char *name, long got, long xen, long enso);

/* The answer about a domain that does not exist. Xen tells everybody that there is none; Enso asks first
 * whether the caller may know, so that a domU gets the same answer whether there is one or not. */
void check_nobody(const char *name, long got);

/* Any refusal: a negative error, or a trap. For what both refuse with different numbers for a stated
 * reason. */
void check_refused(const char *name, long got);

/*
 * Probes: code that may trap. The instruction's trap is taken by our handler, which goes on behind it.
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

/* Saved upcall mask, stack pointer at the trap and fault address of that trap. */
extern struct pv_regs probe_regs;
extern uint64_t probe_address;

void probe_init(void);

/* One page of this domain as a table entry. */
static inline uint64_t entry_for(const void *page, uint64_t flags)
{
    return (uint64_t)pv_virt_to_mfn(page) << PV_PAGE_SHIFT | flags;
}

#define FLAGS_RW (PV_PTE_P | PV_PTE_RW | PV_PTE_US | PV_PTE_A | PV_PTE_D)
#define FLAGS_RO (PV_PTE_P | PV_PTE_US | PV_PTE_A | PV_PTE_D)

/* mmu_update and mmuext_op of one element on ourselves. */
long mmu_update1(uint64_t ptr, uint64_t val);
long mmuext1(unsigned int cmd, xen_pfn_t mfn);
long set_va(const void *va, uint64_t entry);

/* The groups. */
void test_calls(void);
void test_descriptors(void);
void test_events(void);
void test_grants(void);
void test_pagetables(void);
void test_pins(void);
void test_foreign(void);
void test_traps(void);
void test_emulation(void);
void test_user(void);
void test_timers(void);
void test_fpu(void);
void test_kit(void);

#endif
