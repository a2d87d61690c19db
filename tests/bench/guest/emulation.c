/* emulation.c: privileged instructions that the hypervisor carries out. */
#include "bench.h"

#include <xen/physdev.h>

#define PORT 0x80               /* of a mainboard's diagnostics: reading it does nothing */

static uint32_t port_read(void) { return clock_in(PORT); }

void bench_emulation(void)
{
    struct physdev_set_iopl level = { .iopl = 1 };

    group("emulated instructions");
    bench("mov from CR0, emulated", clock_read_cr0);
    bench("mov from CR3, emulated", clock_read_cr3);
    bench("clts, emulated", clock_clts);
    bench("rdmsr EFER, emulated", clock_read_efer);
    bench("wrmsr GS shadow, emulated", clock_write_gs_shadow);
    bench("CPUID by the forced-emulation prefix", clock_cpuid);
    must("set_iopl", HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &level));
    bench("in from a port, emulated", port_read);
    level.iopl = 0;
    must("set_iopl", HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &level));
}
