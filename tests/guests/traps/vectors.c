/* vectors.c: every exception that code of the guest kernel can raise: vector, error code, address, and all
 * that the frame says of the interrupted code. The class of bug: a frame built wrongly, a fault of the
 * guest taken for the hypervisor's, an instruction carried out that is none of the guest's business. */
#include "traps.h"
#include "vectors.h"

void test_exceptions(void)
{
    vectors_plain(TRIP_KERNEL_CS);
    vectors_undefined(TRIP_KERNEL_CS);
    vectors_privileged(TRIP_KERNEL_CS);
}

void test_segments(void)
{
    vectors_selectors(TRIP_KERNEL_CS);
    vectors_far(TRIP_KERNEL_CS);
}

void test_memory(void)
{
    vectors_page_faults(TRIP_KERNEL_CS);
    vectors_hypervisor(TRIP_KERNEL_CS);
}
