/* emulation.c: privileged instructions that the hypervisor carries out. */
#include "bench.h"

void bench_emulation(void)
{
    bench("mov from CR0, emulated", clock_read_cr0);
    bench("mov from CR3, emulated", clock_read_cr3);
    bench("clts, emulated", clock_clts);
    bench("rdmsr EFER, emulated", clock_read_efer);
    bench("wrmsr GS shadow, emulated", clock_write_gs_shadow);
    bench("CPUID by the forced-emulation prefix", clock_cpuid);
}
