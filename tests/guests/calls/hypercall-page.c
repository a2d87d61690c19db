/* hypercall-page.c: the page of hypercall stubs, which a guest asks for by a write to an MSR. The class of
 * bug: code written into a frame that is a page table, another's, or none (XSA-32). */
#include "calls.h"
#include "case.h"

#include <xen/domctl.h>

/* The MSR's number is what CPUID tells at 0x40000002; it is the first of the hypervisor's on both. */
#define MSR_HYPERCALL_PAGE 0x40000000

/* A page of code of our own for the stubs to lie in. */
extern char stub_page[];
__asm__(".pushsection .text\n"
        "    .balign 4096\n"
        "stub_page: .skip 4096, 0xcc\n"
        ".popsection");

static long write_msr(uint64_t value)
{
    PROBE("wrmsr", , ARGS("c"(MSR_HYPERCALL_PAGE), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))));
    return probe_result();
}

static void refused(char *page)
{
    static const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        { "frame 0", 0 },
        { "frame 2^36", 1UL << 48 },
        { "frame 2^40", 1UL << 52 },
        { "frame 2^52 - 1", 0xfffffffffffff000UL },
    };
    uint64_t here = (uint64_t)pv_virt_to_mfn(page) << PV_PAGE_SHIFT;
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(named("wrmsr: the hypercall page to %s, XSA-32", rows[i].name), write_msr(rows[i].value),
              TRAP(13, 0));
    check_state("wrmsr: page 1 of the hypercall pages", write_msr(here | 1), TRAP(13, 0),
                "the page is as it was",
                *(uint64_t *)page == 0);
    check_state("wrmsr: page 4095 of the hypercall pages", write_msr(here | 0xfff), TRAP(13, 0),
                "the page is as it was", *(uint64_t *)page == 0);
    make_read_only(page);
    mmuext1(MMUEXT_PIN_L1_TABLE, pv_virt_to_mfn(page));
    check_state("wrmsr: the hypercall page to a page table", write_msr(here), TRAP(13, 0),
                "the table is as it was",
                *(uint64_t *)page == 0);
    mmuext1(MMUEXT_UNPIN_TABLE, pv_virt_to_mfn(page));
    make_writable(page);
}

/* Calls a stub; *kept tells whether it has left all registers but rax as they were. */
static long call_stub(unsigned int number, unsigned long argument, bool *kept)
{
    unsigned long rcx = 0x1111, rsi = 0x2222, r8 = 0x8888, rdi = argument;
    register unsigned long r11 __asm__("r11") = 0x3333;
    register unsigned long r10 __asm__("r10") = 0x4444;
    long answer;

    __asm__ volatile("call *%[stub]"
                     : "=a"(answer), "+c"(rcx), "+D"(rdi), "+S"(rsi), "+r"(r10), "+r"(r11)
                     : [stub] "b"(stub_page + number * 32), "d"(r8)
                     : "r8", "memory", "cc");
    *kept = rcx == 0x1111 && r11 == 0x3333;
    return answer;
}

static long ask_domctl(uint64_t frame)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_hypercall_init, .domain = own_domid,
                             .interface_version = XEN_DOMCTL_INTERFACE_VERSION };

    op.u.hypercall_init.gmfn = frame;
    return HYPERVISOR_domctl(&op);
}

/* A page that was a table of level 1, below one of level 2. Nobody uses either any more, but a hypervisor may
 * remember what they were. */
static void old_table(const char *by, bool domctl)
{
    uint64_t *l2 = pv_pages_alloc(1), *l1 = pv_pages_alloc(1);
    xen_pfn_t frame = pv_virt_to_mfn(l1);
    long rc;

    l2[0] = entry_for(l1, FLAGS_RW);
    make_read_only(l1);
    make_read_only(l2);
    mmuext1(MMUEXT_PIN_L2_TABLE, pv_virt_to_mfn(l2));
    mmuext1(MMUEXT_UNPIN_TABLE, pv_virt_to_mfn(l2));
    rc = domctl ? ask_domctl(frame) : write_msr((uint64_t)frame << PV_PAGE_SHIFT);
    check_state(named("%s: the hypercall page to what was a page table", by), rc, 0, "there is code",
                l1[0] != 0);
    make_writable(l1);
    make_writable(l2);
    pv_pages_free(l1, 1);
    pv_pages_free(l2, 1);
}

void hypercall_page(void)
{
    char *page = pv_pages_alloc(1);
    bool kept;
    long rc;

    refused(page);
    old_table("wrmsr", false);
    if (pv_is_control_domain())
        old_table("domctl hypercall_init", true);
    pv_pages_free(page, 1);
    check("wrmsr: the hypercall page to a page of ours",
          write_msr((uint64_t)pv_virt_to_mfn(stub_page) << PV_PAGE_SHIFT), 0);
    rc = call_stub(__HYPERVISOR_xen_version, XENVER_version, &kept);
    check_state("the stub of xen_version", rc, 4 << 16 | 17, "rcx and r11 are as they were", kept);
    rc = call_stub(11, 0, &kept);
    check_state("the stub of a hypercall that does not exist", rc, -XEN_ENOSYS,
                "rcx and r11 are as they were", kept);
    rc = call_stub(55, 0, &kept);
    check_state("the stub of hypercall 55", rc, -XEN_ENOSYS, "rcx and r11 are as they were", kept);
}
