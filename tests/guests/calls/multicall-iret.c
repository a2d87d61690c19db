/* multicall-iret.c: a list in which a call returns to somewhere else. What stands behind it must not be
 * executed: the guest may be in user mode by then, which makes no hypercalls (XSA-213). */
#include "calls.h"
#include "case.h"

#include <string.h>

static struct multicall_entry list[3];
static xen_feature_info_t before, behind;

/* Where the guest kernel goes on. */
extern volatile uint64_t resume_rip, resume_rsp;
volatile uint64_t resume_rip, resume_rsp;

/* Issues a multicall of n entries with the frame of an iret on the stack: to `rip` with the selectors, or,
 * when it is 0, to the instruction behind. What rax is there; -1 when the call came back to its own next
 * instruction instead. */
static long list_with_iret(unsigned int n, uint64_t rip, uint64_t cs, uint64_t ss)
{
    register unsigned long calls __asm__("rdi") = (unsigned long)list;
    register unsigned long count __asm__("rsi") = n;
    register uint64_t to __asm__("rdx") = rip;
    register uint64_t with_cs __asm__("r8") = cs;
    register uint64_t with_ss __asm__("r9") = ss;
    long answer = 0x77;

    __asm__ volatile("movq %%rsp, resume_rsp(%%rip)\n\t"
                     "leaq 1f(%%rip), %%rcx\n\t"
                     "movq %%rcx, resume_rip(%%rip)\n\t"
                     "testq %%rdx, %%rdx\n\t"
                     "cmovz %%rcx, %%rdx\n\t"
                     "andq $-16, %%rsp\n\t"
                     "pushq %%r9\n\t"
                     "pushq resume_rsp(%%rip)\n\t"
                     "pushq $0x202\n\t"          /* flags: upcalls on */
                     "pushq %%r8\n\t"
                     "pushq %%rdx\n\t"
                     "pushq $0\n\t"              /* flags of the iret hypercall */
                     "pushq $0\n\t"              /* rcx */
                     "pushq $0\n\t"              /* r11 */
                     "pushq %%rax\n\t"
                     "movl %[nr], %%eax\n\t"
                     "syscall\n\t"
                     "movq $-1, %%rax\n\t"
                     "movq resume_rsp(%%rip), %%rsp\n\t"
                     "1:"
                     : "+a"(answer), "+r"(calls), "+r"(count), "+r"(to), "+r"(with_cs), "+r"(with_ss)
                     : [nr] "i"(__HYPERVISOR_multicall)
                     : "rcx", "r10", "r11", "memory", "cc");
    return answer;
}

static long to_kernel(unsigned int n)
{
    return list_with_iret(n, 0, FLAT_KERNEL_CS & ~3, FLAT_KERNEL_SS & ~3);
}

static struct multicall_entry features_to(xen_feature_info_t *to)
{
    to->submap_idx = to->submap = 0;
    return (struct multicall_entry){ .op = __HYPERVISOR_xen_version, .result = 0xdead,
                                     .args = { XENVER_get_features, (unsigned long)to } };
}

static const struct multicall_entry iret = { .op = __HYPERVISOR_iret, .result = 0xdead };

static void within_the_kernel(void)
{
    long rax;

    list[0] = features_to(&before);
    list[1] = iret;
    list[2] = features_to(&behind);
    rax = to_kernel(3);
    check_true("iret in the middle of a list goes where its frame says, XSA-213", rax != -1);
    check_state("the call before it was executed, XSA-213", (long)list[0].result, 0, "it has left its trace",
                before.submap != 0);
    check_true("the call behind it was not, XSA-213", behind.submap == 0 && list[2].result == 0xdead);
    check_true("rax there is the frame's or the list's answer", rax == 0x77 || rax == 0);
    list[1] = features_to(&behind);
    list[2] = iret;
    rax = to_kernel(3);
    check_true("iret at the end of a list goes where its frame says", rax != -1);
    check_true("the calls before it were executed", list[0].result == 0 && list[1].result == 0 &&
               behind.submap != 0);
    list[0] = iret;
    check_true("iret alone in a list goes where its frame says", to_kernel(1) != -1);
}

/* Guest user code: a system call, which the kernel answers by going on with the test. */
extern char user_code[];
__asm__(".pushsection .text\n"
        "user_code: syscall\n"
        "    ud2\n"
        ".popsection");

#define VECTOR_SYSCALL 258    /* the kit's number for system calls of guest user code */

static volatile unsigned int system_calls;
static uint64_t called_from;

static bool on_system_call(struct pv_regs *regs)
{
    system_calls++;
    called_from = regs->rip - 2;
    regs->rip = resume_rip;
    regs->rsp = resume_rsp;
    regs->cs = FLAT_KERNEL_CS & ~3;
    regs->ss = FLAT_KERNEL_SS & ~3;
    return true;
}

/* User mode gets tables that show what ours show in the lower half. */
static uint64_t *user_tables(void)
{
    uint64_t *root = pv_pages_alloc(1);

    root[0] = pv_pt_lookup(0, 4, NULL);
    make_read_only(root);
    mmuext1(MMUEXT_PIN_L4_TABLE, pv_virt_to_mfn(root));
    mmuext1(MMUEXT_NEW_USER_BASEPTR, pv_virt_to_mfn(root));
    return root;
}

static void no_user_tables(uint64_t *root)
{
    mmuext1(MMUEXT_NEW_USER_BASEPTR, 0);
    mmuext1(MMUEXT_UNPIN_TABLE, pv_virt_to_mfn(root));
    make_writable(root);
    pv_pages_free(root, 1);
}

static void to_user_mode(void)
{
    static char stack[16384] __attribute__((aligned(16)));
    uint64_t *root = user_tables();
    pv_trap_fn *handler = pv_trap_handler(VECTOR_SYSCALL, on_system_call);

    HYPERVISOR_stack_switch(FLAT_KERNEL_SS, (unsigned long)stack + sizeof(stack));
    list[0] = features_to(&before);
    list[1] = iret;
    list[2] = features_to(&behind);
    list_with_iret(3, (uint64_t)user_code, FLAT_USER_CS, FLAT_USER_SS);
    check_state("iret to user mode in the middle of a list: system calls that user code made, XSA-213",
                system_calls, 1,
                "from where the frame said", called_from == (uint64_t)user_code);
    check_true("the call before that was executed, XSA-213", list[0].result == 0 && before.submap != 0);
    check_true("the call behind, which would be user mode's, was not, XSA-213",
               behind.submap == 0 && list[2].result == 0xdead);
    pv_trap_handler(VECTOR_SYSCALL, handler);
    no_user_tables(root);
}

void multicall_iret(void)
{
    bool on = pv_upcalls_disable();

    within_the_kernel();
    to_user_mode();
    pv_upcalls_restore(on);
}
