/* faults.c: page faults that the hypervisor hands to the guest kernel, which returns behind the
 * instruction. */
#include "bench.h"

static char *page;

static uint32_t not_present(void) { return clock_read(page); }
static uint32_t read_only(void) { return clock_write(page, 0); }

void bench_faults(void)
{
    page = pv_pages_alloc(1);
    set_entry(page, 0);
    set_fault_handler(fault_by_hypercall);
    group("exceptions of the guest kernel");
    bench("page fault not present, bounced, iret hypercall", not_present);
    set_entry(page, entry_for(page, FLAGS_RO | PV_PTE_NX));
    bench("page fault on a read-only page, bounced, iret hypercall", read_only);
    set_fault_handler(fault_by_iretq);
    bench("page fault on a read-only page, bounced, native iretq", read_only);
    bench("iret hypercall to guest kernel code", clock_iret);
    set_fault_handler(NULL);
    set_entry(page, entry_for(page, FLAGS_RW | PV_PTE_NX));
    pv_pages_free(page, 1);
}
