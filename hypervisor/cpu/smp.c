/* Starting the other CPUs, one after the other, so that their numbers follow the firmware's order. */
#include "boot/boot-info.h"
#include "boot/early.h"
#include "cpu/cpu.h"
#include "irq/acpi.h"
#include "irq/apic.h"
#include "irq/irq.h"
#include "lib/lib.h"
#include "memory/pagetable.h"
#include "sched/sched.h"
#include "sched/timer.h"

struct trampoline_parameters { uint64_t root, stack, entry; };
extern const uint8_t trampoline_start[], trampoline_parameters[], trampoline_end[];

static atomic_bool arrived;
static unsigned int starting;           /* number of the CPU that is on its way */

static void load_final_root(void)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(hypervisor_root.n << PAGE_SHIFT) : "memory");
}

static noreturn void secondary_main(void)
{
    load_final_root();
    cpu_init_secondary(starting);
    apic_init_cpu();
    time_init_cpu();
    sched_init_cpu();
    atomic_store(&arrived, true);
    sched_run();
}

/* The code, and a root that also shows the code where it is: the four pages of early_trampoline. */
static struct trampoline_parameters *prepare_trampoline(void)
{
    uint8_t *page = phys_virt(early_trampoline);
    uint64_t *l4 = (uint64_t *)(page + PAGE_SIZE), *l3 = l4 + 512, *l2 = l3 + 512;
    const uint64_t *ours = frame_virt(hypervisor_root);
    struct trampoline_parameters *p;

    memset(page, 0, EARLY_TRAMPOLINE_PAGES * PAGE_SIZE);
    memcpy(page, trampoline_start, (size_t)(trampoline_end - trampoline_start));
    for (unsigned int slot = HYPERVISOR_FIRST_SLOT; slot <= HYPERVISOR_LAST_SLOT; slot++)
        l4[slot] = ours[slot];
    l4[0] = virt_phys(l3) | PTE_PRESENT | PTE_RW;
    l3[0] = virt_phys(l2) | PTE_PRESENT | PTE_RW;
    l2[0] = PTE_PRESENT | PTE_RW | PTE_PSE;
    p = (void *)(page + (trampoline_parameters - trampoline_start));
    p->root = virt_phys(l4);
    p->entry = (uint64_t)secondary_main;
    return p;
}

static bool wait_for_arrival(uint64_t ns)
{
    uint64_t end = now_ns() + ns;

    while (!atomic_load(&arrived) && now_ns() < end)
        cpu_relax_and_answer();
    return atomic_load(&arrived);
}

/* One start message is enough for processors of this century; the second is for the others. */
static bool start(unsigned int id, uint32_t apic_id, struct trampoline_parameters *p)
{
    starting = id;
    cpus[id].apic_id = apic_id;
    p->stack = (uint64_t)cpu_info_of(id);
    atomic_store(&arrived, false);
    apic_send_init(apic_id);
    for (int attempt = 0; attempt < 2; attempt++) {
        apic_send_startup(apic_id, (uint8_t)(early_trampoline >> PAGE_SHIFT));
        if (wait_for_arrival(100000000))
            return true;
    }
    return false;
}

/* maxcpus=N leaves the others asleep. */
static unsigned int wanted(void)
{
    char value[8];

    if (!cmdline_option(boot_info.cmdline, "maxcpus", value, sizeof(value)))
        return acpi_cpu_count;
    return (unsigned int)MIN(parse_number(value, NULL), (uint64_t)acpi_cpu_count);
}

void smp_start(void)
{
    struct trampoline_parameters *p;
    unsigned int count = wanted();

    if (count < 2)
        return;
    if (!early_trampoline) {
        log_warning("no memory below 640 KiB: only one CPU of %u is used", count);
        return;
    }
    p = prepare_trampoline();
    for (unsigned int i = 1; i < count; i++) {
        paging_map_cpu(cpu_count);
        if (!start(cpu_count, acpi_cpus[i].apic_id, p)) {
            log_error("CPU with APIC id %u does not start; the ones after it are not used",
                      acpi_cpus[i].apic_id);
            break;
        }
        cpu_count++;
    }
    memset(phys_virt(early_trampoline), 0, EARLY_TRAMPOLINE_PAGES * PAGE_SIZE);
}
