/* The boot order. boot_start runs on the early tables and stack; hypervisor_main on the final ones. */
#include "boot/boot-info.h"
#include "boot/boot-parse.h"
#include "boot/early.h"
#include "boot/main.h"
#include "console/console.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "irq/irq.h"
#include "irq/pirq.h"
#include "lib/lib.h"
#include "memory/frame.h"
#include "sched/sched.h"
#include "sched/timer.h"

uint64_t boot_tsc;

static noreturn void hypervisor_main(void)
{
    const struct boot_info *info = &boot_info;

    console_init(info);         /* from here the log can be read */
    cpu_init_boot();            /* own GDT, IDT, TSS: a fault is a report, not a reset */
    paging_drop_early();        /* the first tables and stack are free memory */
    acpi_init(info);            /* CPUs and interrupt controllers are known */
    frame_init(info);           /* every frame has an owner; memory comes from the heap */
    console_init_screen(info);
    apic_init_boot();           /* interrupts have a place to go */
    ioapic_init();
    pirq_init();
    time_init();                /* now_ns runs, timers can be set */
    sched_init();
    smp_start();                /* every other CPU idles in the scheduler */
    console_init_irq();         /* what is typed arrives */
    banner_print(info);
    domain_build_first(info);
    sched_run();                /* does not return */
}

noreturn void boot_start(uint32_t magic, uint64_t address)
{
    boot_tsc = rdtsc();
    cpu_init_identity(0);       /* this_cpu() is right: locks and panics work */
    boot_info_read(&boot_info, magic, address);
    early_init(&boot_info);
    paging_init(&boot_info);    /* write or execute, never both; the boot CPU's own stack */
    stack_call(cpu_info_of(0), hypervisor_main);
}
