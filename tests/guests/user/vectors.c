/* vectors.c: every exception that 64-bit user code can raise, as its kernel sees it. The class of bug: a
 * frame built wrongly or on the wrong stack, user mode that reaches the kernel's or the hypervisor's
 * memory or carries out what is its kernel's to ask for. */
#include "user.h"
#include "vectors.h"

void test_exceptions(void)
{
    vectors_plain(FLAT_USER_CS64);
    vectors_undefined(FLAT_USER_CS64);
    vectors_privileged(FLAT_USER_CS64);
}

void test_segments(void)
{
    vectors_selectors(FLAT_USER_CS64);
    vectors_far(FLAT_USER_CS64);
}

/* The kernel's own memory is in no table of user mode. */
void test_memory(void)
{
    vectors_page_faults(FLAT_USER_CS64);
    vectors_hypervisor(FLAT_USER_CS64);
    try_user("read of the kernel's text", CODE64("mov 0x400000, %%eax"), "#PF(4) at +0, address 0x400000");
    try_user("write of the kernel's text", CODE64("movl $0, 0x400000"), "#PF(6) at +0, address 0x400000");
    try_user("jump to the kernel's text", CODE64("mov $0x400000, %%eax; jmp *%%rax"),
             "#PF(14) at 0x400000, address 0x400000, rax=400000");
    try_user("push below the stack's pages", CODE64("mov $0x6000c000, %%esp; push %%rax"),
             "#PF(6) at +5, address 0x6000bff8, rsp 0x6000c000");
    try_user("push, non-canonical stack", CODE64("mov $0x900000000000, %%rsp; push %%rax"),
             "#GP(0) at +10, rsp 0x900000000000");
}
