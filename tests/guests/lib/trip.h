/*
 * trip.h: runs a piece of code in guest kernel or guest user mode from a state of our choice, until the
 * hypervisor hands the guest kernel a frame; then tells in a line what came: vector, error code, place, and
 * everything in the frame, in the registers or in the handler's own state that is not as it should be.
 *
 *     #GP(12) at +3                            only this happened; all the rest is as it must be
 *     goes on, rax=1                          the code ran to its end, and rax has changed
 *     #DB at +1, flags +NT, handler flags +DF   the frame's flags are not those it started with ...
 *
 * What must be: the frame's cs, ss, rsp, rflags (without arithmetic flags and RF), saved event mask, rcx
 * and r11 are those of the start, the other registers too; the frame lies right below the stack pointer
 * rounded down to 16 (or, from user mode, below the kernel stack), the handler runs on the flat segments
 * with IF alone set, event mask as it was, DS ES FS GS as they were, CR2 changed by page faults only.
 */
#ifndef TRIP_H
#define TRIP_H

#include "case.h"

/* Addresses that both roots, the kernel's and the user's, map in the same way. All below 4 GiB, for 32-bit
 * code. */
#define TRIP_CODE  0x60000000UL    /* the code, one page, read-only */
#define TRIP_HOLE  0x60001000UL    /* nothing */
#define TRIP_DATA  0x60002000UL    /* one page, not executable */
#define TRIP_CONST 0x60003000UL    /* one page, neither writable nor executable */
#define TRIP_STACK 0x60010000UL    /* end of four pages; start of nothing */
#define TRIP_RSP   (TRIP_STACK - 0x200)
#define TRIP_TOP   0x7ffffffff000UL         /* the code page again: the last one of the lower half */
#define TRIP_HIGH  0xffff880000000000UL     /* the first page behind the hypervisor's */

/* The same pages through the kernel's linear map. */
extern char *trip_code, *trip_data, *trip_const;

/* The guest kernel's stack while user code runs: its end. */
extern char *trip_kernel_stack;

/* Numbers of entries that are no vectors. */
enum { TRIP_EVENT = 256, TRIP_FAILSAFE, TRIP_SYSCALL, TRIP_SYSCALL32, TRIP_SYSENTER, TRIP_ENTRIES };

/* Where the hypervisor must enter for `number`, a vector or one of these. Outside of a trip vectors go to the
 * kit's handlers. */
#define TRIP_STUB_BYTES 32
extern char trip_stubs[];
#define TRIP_ENTRY(number) ((unsigned long)(trip_stubs + (number) * TRIP_STUB_BYTES))

#define TRIP_KERNEL_CS (FLAT_KERNEL_CS64 & ~3UL)
#define TRIP_KERNEL_CS32 (FLAT_KERNEL_CS32 & ~3UL)
#define TRIP_FLAGS 0x202UL

/* What arrived. frame[] is as the hypervisor pushed it, from rcx and r11 on. */
struct landing {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;    /* of the handler */
    uint64_t entry;                      /* vector or TRIP_* */
    uint64_t words;                      /* in frame[] */
    uint64_t frame[11];
    uint64_t rsp, rflags, mask, cr2;     /* of the handler */
    uint64_t cs, ss, ds, es, fs, gs;
};

struct trip {
    struct pv_regs start;       /* error: flags of the iret hypercall; vector is not used */
    uint16_t ds, es, fs;        /* loaded before, if not 0 */
    uint64_t ignore;            /* registers that may change: bit n is the n-th of struct pv_regs */
    uint64_t end;               /* where the code ends */
    uint64_t cr2;               /* what CR2 shows before */
    struct landing landing;
    struct pv_regs regs;        /* the landing's frame and registers in order */
};

#define TRIP_REG(name) (1ULL << (offsetof(struct pv_regs, name) / 8))

/* Machine code between two addresses, with an instruction behind it that tells that it has ended. */
struct code {
    const char *start, *end;
};

/* CODE64("insn; insn"), CODE32: position-independent; % is written %%. */
#define CODE_(before, insns, after)                                                            \
    __extension__ ({                                                                           \
        struct code code_;                                                                     \
        __asm__ volatile(".pushsection .rodata.code\n\t" before "\n771:\t" insns "\n772:\tud2\n\t" after   \
                         "\n\t.popsection\n\tlea 771b(%%rip), %0\n\tlea 772b(%%rip), %1"         \
                         : "=&r"(code_.start), "=r"(code_.end));                               \
        code_;                                                                                 \
    })
#define CODE64(insns) CODE_("", insns, "")
#define CODE32(insns) CODE_(".code32", insns, ".code64")

/* Builds both address spaces and takes the trap table; once. */
void trip_init(void);

/* The entries of the trap table, and the call that sets one of them. */
extern char trip_upcall[];      /* where event upcalls lead outside of cases */
long trip_gate(uint8_t vector, uint8_t flags, unsigned long address);
void trip_gates(void);      /* all as they are after trip_init(): levels 0, of vectors 3 and 4 level 3 */
void trip_gates_but(unsigned int without);

/* A trip through `code`, which is copied to TRIP_CODE + offset: in kernel mode or user mode, 64 or 32 bits
 * by cs. */
struct trip trip_to(struct code code, uint64_t cs);
void trip_place(struct trip *t, struct code code, unsigned int offset);

/* Goes there and comes back. */
void trip_run(struct trip *t);

/* What came, in words. Valid until the next call but three. */
const char *trip_text(const struct trip *t);

/* Goes, and is a case. */
void trip_check(const char *name, struct trip *t, const char *want);

/* A case of plain code in one of the modes. */
void try_kernel(const char *name, struct code code, const char *want);
void try_kernel32(const char *name, struct code code, const char *want);
void try_user(const char *name, struct code code, const char *want);
void try_user32(const char *name, struct code code, const char *want);

/* Machine address of the entry that maps one of the pages above, and what it holds. */
uint64_t trip_entry_address(unsigned long va);
void trip_set_entry(unsigned long va, uint64_t entry);

/* The root of user mode. */
xen_pfn_t trip_user_root(void);

#endif
