/* Stands in for cpu/cpu.h and boot/memory-map.h when hypervisor/memory is compiled for the build machine:
 * one CPU, whose private data is an ordinary object, and addresses that a process can map. Included before
 * everything else (-include). */
#ifndef HYP_MEMORY_HOST_H
#define HYP_MEMORY_HOST_H

#define ENSO_CPU_CPU_H
#define ENSO_BOOT_MEMORY_MAP_H

#include <xen/xen.h>
#include "lib/types.h"

#define HYPERVISOR_FIRST_SLOT 256
#define HYPERVISOR_LAST_SLOT  271
#define HYPERVISOR_START 0xffff800000000000
#define HYPERVISOR_END   0xffff880000000000
#define M2P_VIRT         0x100000000000
#define FRAMES_VIRT      0x110000000000
#define DIRECT_VIRT      0x120000000000
#define DIRECT_SIZE      (1UL << 40)
#define CPU_AREA_VIRT    0x130000000000
#define CPU_AREA_SIZE    0x40000
#define CPU_GDT_OFFSET   0x10000
#define CPU_LDT_OFFSET   0x20000
#define CPU_TSS_OFFSET   0x30000
#define MAX_CPUS         64

struct vcpu;
enum { WORK_RESCHED = 1, WORK_TIMER = 2, WORK_RELEASE = 4 };

struct cpu {
    uint32_t id;
    uint64_t release_list;
    uint32_t release_count, lock_ranks;
    mfn_t root;
    bool ldt_used;
    uint64_t idle_ns;
};
struct cpu_info {
    struct cpu_user_regs guest;
    struct vcpu *current_vcpu_ptr;
    struct cpu *cpu;
    _Atomic uint32_t work;
    uint32_t id;
};
struct cpu_features { unsigned int phys_bits; size_t fpu_size; };
extern struct cpu_features cpu_features;
extern struct cpu_info host_cpu;

static inline struct cpu_info *this_cpu(void) { return &host_cpu; }
static inline unsigned int cpu_id(void) { return 0; }
#define current (this_cpu()->current_vcpu_ptr)

/* The test gives these. */
void cpu_flush_tlb(uint64_t mask);
void cpu_flush_tlb_local(void);
void cpu_relax_and_answer(void);
void cpu_load_ldt(unsigned int entries);
bool preempt_check(void);
static inline bool is_canonical(uint64_t a) { return (uint64_t)((int64_t)(a << 16) >> 16) == a; }

#endif
