/* iret.c: the iret hypercall within the guest kernel. The class of bug: see lib/returns.c. */
#include "traps.h"
#include "returns.h"

void test_iret(void)
{
    returns_flags(TRIP_KERNEL_CS);
    returns_selectors(TRIP_KERNEL_CS);
    returns_addresses(TRIP_KERNEL_CS);
    returns_syscall(TRIP_KERNEL_CS);
    returns_syscall_addresses(TRIP_KERNEL_CS);
}
