/* What one CPU asks of others: flush the TLB, stop, look at the work bits. A CPU that runs a guest or
 * idles takes the interrupt; one in the hypervisor answers when it leaves, and flushes also where it
 * waits. There it does not stop: it may hold locks, or be next in the queue for one. */
#include "cpu/cpu.h"
#include "irq/irq.h"
#include "lib/lib.h"
#include "sched/timer.h"

/* Set while some CPU holds the others still; how many hold still. */
static atomic_bool stop_requested;
static atomic_int stopper = -1;
static atomic_uint stopped;

static uint64_t all_others(void)
{
    uint64_t all = cpu_count == 64 ? UINT64_MAX : (1UL << cpu_count) - 1;

    return all & ~(1UL << cpu_id());
}

void cpu_flush_tlb_local(void)
{
    uint64_t cr3;

    __asm__ volatile("mov %%cr3, %0\n"
                     "mov %0, %%cr3" : "=r"(cr3) : : "memory");
}

static void answer_flush(struct cpu *cpu)
{
    uint64_t asked = atomic_load(&cpu->flush_asked);

    if (asked != atomic_load_explicit(&cpu->flush_done, memory_order_relaxed)) {
        cpu_flush_tlb_local();
        atomic_store(&cpu->flush_done, asked);
    }
}

static void answer_stop(struct cpu *cpu)
{
    if (!atomic_load(&stop_requested) || atomic_load(&stopper) == (int)cpu->id)
        return;
    atomic_fetch_add(&stopped, 1);
    while (atomic_load(&stop_requested)) {
        answer_flush(cpu);
        __asm__ volatile("pause");
    }
    atomic_fetch_sub(&stopped, 1);
}

void cpu_answer(void)
{
    struct cpu *cpu = this_cpu()->cpu;

    answer_flush(cpu);
    answer_stop(cpu);
}

void cpu_relax_and_answer(void)
{
    __asm__ volatile("pause" : : : "memory");
    answer_flush(this_cpu()->cpu);
}

void cpu_flush_tlb(uint64_t mask)
{
    uint64_t others = mask & all_others(), asked[MAX_CPUS];

    if (others) {
        for (uint64_t m = others; m; m &= m - 1)
            asked[bit_first(m)] = atomic_fetch_add(&cpus[bit_first(m)].flush_asked, 1) + 1;
        apic_send_ipi_mask(others, VECTOR_FLUSH);
    }
    if (mask >> cpu_id() & 1)
        cpu_flush_tlb_local();
    for (; others; others &= others - 1) {
        unsigned int id = bit_first(others);

        while (atomic_load(&cpus[id].flush_done) < asked[id])
            cpu_relax_and_answer();
    }
}

void cpu_kick(unsigned int id, uint32_t work)
{
    uint32_t before = atomic_fetch_or(&cpu_info_of(id)->work, work);

    /* A bit that was set already has its interrupt on the way. Without a bit it is about an upcall. */
    if ((work == 0 || (before & work) != work) && id != cpu_id())
        apic_send_ipi(id, VECTOR_KICK);
}

/* Waits for at most a tenth of a second: a CPU that hangs must not hide a panic. */
void cpu_stop_others(void)
{
    int nobody = -1, self = (int)cpu_id();
    uint64_t others = all_others(), deadline;

    while (!atomic_compare_exchange_strong(&stopper, &nobody, self)) {
        if (nobody == self)
            return;
        nobody = -1;
        cpu_answer();
    }
    if (!others)
        return;
    atomic_store(&stop_requested, true);
    apic_send_ipi_mask(others, VECTOR_FLUSH);
    deadline = rdtsc() + (uint64_t)tsc_khz() * 100;
    while (atomic_load(&stopped) < cpu_count - 1 && rdtsc() < deadline)
        cpu_relax_and_answer();
}

void cpu_resume_others(void)
{
    atomic_store(&stop_requested, false);
    while (atomic_load(&stopped))
        __asm__ volatile("pause");
    atomic_store(&stopper, -1);
}

noreturn void cpu_idle_forever(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}
