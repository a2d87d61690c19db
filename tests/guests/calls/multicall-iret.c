/* multicall-iret.c: a list in which a call returns to somewhere else. What stands behind it must not be executed: the
 * guest may be in user mode by then, which makes no hypercalls (XSA-213). */
#include "calls.h"
#include "case.h"

#include <string.h>

static struct multicall_entry list[3];
static xen_feature_info_t before, behind;

/* Issues a multicall with the frame of an iret on the stack: to the label behind it, with the stack as it is now.
 * What rax is there; -1 when the call came back to its own next instruction instead. */
static long list_with_iret(unsigned int n, unsigned long rax)
{
    register unsigned long calls __asm__("rdi") = (unsigned long)list;
    register unsigned long count __asm__("rsi") = n;
    unsigned long sp;
    long answer = rax;

    __asm__ volatile("mov %%rsp, %[sp]\n\t"
                     "and $-16, %%rsp\n\t"
                     "pushq %[ss]\n\t"
                     "pushq %[sp]\n\t"
                     "pushfq\n\t"
                     "orq $0x200, (%%rsp)\n\t"
                     "pushq %[cs]\n\t"
                     "leaq 1f(%%rip), %%rcx\n\t"
                     "pushq %%rcx\n\t"
                     "pushq $0\n\t"              /* flags of the iret hypercall */
                     "pushq $0\n\t"              /* rcx */
                     "pushq $0\n\t"              /* r11 */
                     "pushq %%rax\n\t"
                     "movl %[nr], %%eax\n\t"
                     "syscall\n\t"
                     "movq $-1, %%rax\n\t"
                     "movq %[sp], %%rsp\n\t"
                     "1:"
                     : "+a"(answer), [sp] "=&b"(sp), "+r"(calls), "+r"(count)
                     : [ss] "i"(FLAT_KERNEL_SS), [cs] "i"(FLAT_KERNEL_CS & ~3), [nr] "i"(__HYPERVISOR_multicall)
                     : "rcx", "r11", "rdx", "r10", "r8", "memory", "cc");
    return answer;
}

static struct multicall_entry features_to(xen_feature_info_t *to)
{
    to->submap_idx = to->submap = 0;
    return (struct multicall_entry){ .op = __HYPERVISOR_xen_version, .result = 0xdead,
                                     .args = { XENVER_get_features, (unsigned long)to } };
}

void multicall_iret(void)
{
    bool on = pv_upcalls_disable();
    long rax;

    list[0] = features_to(&before);
    list[1] = (struct multicall_entry){ .op = __HYPERVISOR_iret, .result = 0xdead };
    list[2] = features_to(&behind);
    rax = list_with_iret(3, 0x77);
    check_true("iret in the middle of a list goes where its frame says, XSA-213", rax != -1);
    check_state("the call before it was executed, XSA-213", (long)list[0].result, 0, "it has left its trace",
                before.submap != 0);
    check_true("the call behind it was not, XSA-213", behind.submap == 0 && list[2].result == 0xdead);
    check_true("rax there is the frame's or the list's answer", rax == 0x77 || rax == 0);
    list[1] = features_to(&behind);
    list[2] = (struct multicall_entry){ .op = __HYPERVISOR_iret, .result = 0xdead };
    rax = list_with_iret(3, 0x78);
    check_state("iret at the end of a list", rax != -1, 1, "the calls before it were executed",
                list[0].result == 0 && list[1].result == 0 && behind.submap != 0);
    list[0] = (struct multicall_entry){ .op = __HYPERVISOR_iret, .result = 0xdead };
    list[1] = features_to(&behind);
    rax = list_with_iret(1, 0x79);
    check("iret alone in a list", rax != -1, 1);
    pv_upcalls_restore(on);
}
