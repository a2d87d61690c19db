/* multicall.c: many calls in one. The class of bug: a list that is trusted after it was looked at, a count
 * that wraps, calls that go on when they must not. */
#include "calls.h"
#include "case.h"
#include "place.h"

#include <string.h>

/* The kit's entries. */
extern char pv_entry_event[], pv_entry_failsafe[], pv_entry_syscall[];

static struct multicall_entry calls[1001];

/* An entry that leaves a trace where it was executed: feature word 0 appears in *to. */
static struct multicall_entry trace(xen_feature_info_t *to)
{
    to->submap_idx = to->submap = 0;
    return (struct multicall_entry){ .op = __HYPERVISOR_xen_version, .result = 0xdead,
                                     .args = { XENVER_get_features, (unsigned long)to } };
}

static struct multicall_entry page_size(void)
{
    return (struct multicall_entry){ .op = __HYPERVISOR_xen_version, .result = 0xdead,
                                     .args = { XENVER_pagesize } };
}

/* A list of one call; what the call answered, or -1000 when the list was refused. */
static long inside(struct multicall_entry e)
{
    e.result = 0xdead;
    calls[0] = e;
    return HYPERVISOR_multicall(calls, 1) == 0 ? (long)calls[0].result : -1000;
}

static long inside1(unsigned long op, unsigned long a, unsigned long b, unsigned long c)
{
    return inside((struct multicall_entry){ .op = op, .args = { a, b, c } });
}

static void answers(void)
{
    struct multicall_entry inner = page_size(), before;

    calls[0] = page_size();
    calls[1] = (struct multicall_entry){ .op = 60 };
    calls[2] = (struct multicall_entry){ .op = __HYPERVISOR_multicall, .args = { (unsigned long)&inner, 1 } };
    calls[3] = (struct multicall_entry){ .op = __HYPERVISOR_sched_op, .args = { SCHEDOP_yield } };
    check("a list of four", HYPERVISOR_multicall(calls, 4), 0);
    check("the first call's answer", (long)calls[0].result, 4096);
    check("a call that does not exist", (long)calls[1].result, -XEN_ENOSYS);
    check_state("a multicall inside", (long)calls[2].result, -XEN_EINVAL, "the inner list was not executed",
                inner.result == 0xdead);
    check("the call behind failures", (long)calls[3].result, 0);
    before = page_size();
    before.args[1] = 0;
    before.args[2] = 0x1111, before.args[3] = 0x2222, before.args[4] = 0x3333, before.args[5] = 0x4444;
    calls[0] = before;
    calls[1] = page_size();
    check_state("only the answer is written", HYPERVISOR_multicall(calls, 1), 0, "the rest is as it was",
                memcmp(calls[0].args, before.args, sizeof(before.args)) == 0 && calls[0].op == before.op &&
                calls[1].result == 0xdead);
}

/* What may stand in a list, one call each. */
static void kinds(void)
{
    static const unsigned long holes[] = { 11, 43, 47, 63, 64, 255, 1UL << 32, (1UL << 32) + 17, 1UL << 63,
                                           ~0UL };
    static const char *const names[] = { "11", "43", "47", "63", "64", "255", "2^32", "2^32 + xen_version",
                                         "2^63", "-1" };
    static char stack[16384] __attribute__((aligned(16)));
    unsigned int i;

    for (i = 0; i < sizeof(holes) / sizeof(holes[0]); i++)
        check(named("inside: hypercall %s", names[i]), inside1(holes[i], XENVER_version, 0, 0), -XEN_ENOSYS);
    check("inside: vcpu_op", inside1(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 0, 0), 1);
    check("inside: memory_op with an argument that is nowhere",
          inside1(__HYPERVISOR_memory_op, XENMEM_current_reservation, 0x1000, 0), -XEN_EFAULT);
    check("inside: fpu_taskswitch", inside1(__HYPERVISOR_fpu_taskswitch, 0, 0, 0), 0);
    check("inside: stack_switch", inside1(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS,
                                          (unsigned long)stack + sizeof(stack), 0), 0);
    check("inside: set_callbacks",
          inside1(__HYPERVISOR_set_callbacks, (unsigned long)pv_entry_event, (unsigned long)pv_entry_failsafe,
                  (unsigned long)pv_entry_syscall), 0);
    check("inside: set_trap_table with an argument that is nowhere",
          inside1(__HYPERVISOR_set_trap_table, 0x1000, 0, 0), -XEN_EFAULT);
    check("inside: callback_op with an argument that is nowhere",
          inside1(__HYPERVISOR_callback_op, 0, 0x1000, 0), -XEN_EFAULT);
    check("inside: domctl with an argument that is nowhere", inside1(__HYPERVISOR_domctl, 0x1000, 0, 0),
          -XEN_EFAULT);
    check("inside: sysctl with an argument that is nowhere", inside1(__HYPERVISOR_sysctl, 0x1000, 0, 0),
          -XEN_EFAULT);
    check("inside: platform_op with an argument that is nowhere",
          inside1(__HYPERVISOR_platform_op, 0x1000, 0, 0), -XEN_EFAULT);
}

/* The first call writes a feature word over the high half of the second one's number. */
static void changed_by_itself(void)
{
    calls[0] = page_size();
    calls[1] = (struct multicall_entry){ .op = __HYPERVISOR_set_trap_table, .args = { 0x1000 } };
    calls[0].args[0] = XENVER_get_features;
    calls[0].args[1] = (unsigned long)&calls[1].op;
    calls[2] = page_size();
    check("a list whose first call changes the second", HYPERVISOR_multicall(calls, 3), 0);
    check("the second is what it says then", (long)calls[1].result, -XEN_ENOSYS);
    check("the third", (long)calls[2].result, 4096);
}

static void counts(void)
{
    unsigned int i, done = 0;

    calls[0] = page_size();
    check_state("a list of none", HYPERVISOR_multicall(calls, 0), 0, "nothing was executed",
                calls[0].result == 0xdead);
    check("a list of none that is nowhere", HYPERVISOR_multicall(UNMAPPED, 0), 0);
    check_state("a list of 2^32 is one of none", PV_HYPERCALL2(__HYPERVISOR_multicall, calls, 1UL << 32), 0,
                "nothing was executed", calls[0].result == 0xdead);
    calls[1] = page_size();
    check_state("a list of 2^32 + 1 is one of one",
                PV_HYPERCALL2(__HYPERVISOR_multicall, calls, (1UL << 32) + 1), 0,
                "one was executed", calls[0].result == 4096 && calls[1].result == 0xdead);
    for (i = 0; i < 1001; i++)
        calls[i] = page_size();
    check("a list of 1000", HYPERVISOR_multicall(calls, 1000), 0);
    for (i = 0; i < 1000; i++)
        done += calls[i].result == 4096;
    check_state("calls of it that have their answer", done, 1000, "none behind it",
                calls[1000].result == 0xdead);
}

void multicall_lists(void)
{
    answers();
    kinds();
    changed_by_itself();
    counts();
}

/* Two calls before a page that cannot be read or written: what is done of the list until it fails. */
static void across(const char *what, char *edge, bool readable)
{
    static xen_feature_info_t seen[3];
    struct multicall_entry *list = (struct multicall_entry *)edge - 2;
    unsigned int i;
    long rc;

    for (i = 0; i < 3; i++) {
        struct multicall_entry e = trace(&seen[i]);

        if (i < 2)
            list[i] = e;
        else if (readable) {
            pv_protect(edge, 1, PV_PTE_P | PV_PTE_RW | PV_PTE_NX);
            *(struct multicall_entry *)edge = e;
            pv_protect(edge, 1, PV_PTE_P | PV_PTE_NX);
        }
    }
    rc = HYPERVISOR_multicall(list, 3);
    check_state(named("a list of three, the third on %s page", what), rc, -XEN_EFAULT,
                "the first two have their answers", list[0].result == 0 && list[1].result == 0 &&
                seen[0].submap && seen[1].submap);
    check_true(named("the third, on %s page, %s", what,
                     readable ? "was executed, its answer is lost" : "was not"),
               (seen[2].submap != 0) == readable);
    for (i = 0; i < 2; i++)
        list[i] = trace(&seen[i]);
    rc = HYPERVISOR_multicall(list, ~0U);
    check_state(named("a list of 2^32 - 1, the third on %s page", what), rc, -XEN_EFAULT,
                "the first two have their answers", list[0].result == 0 && list[1].result == 0);
    memset(list, 0, 2 * sizeof(*list));
}

void multicall_pointers(void)
{
    static const struct {
        const char *name;
        void *at;
    } bad[] = {
        { "NULL", NULL },
        { "unmapped", UNMAPPED },
        { "the hypervisor's address", HYPERVISOR_SPACE },
        { "the machine-to-physical table", (void *)MACH2PHYS_VIRT_START },
        { "non-canonical", NON_CANONICAL },
        { "the last bytes", (void *)-32UL },
    };
    static xen_feature_info_t seen;
    char *gap = place_before_unmapped(), *wall = place_before_read_only();
    struct multicall_entry *half = (void *)(wall - 8), *odd = (void *)((char *)calls + 3), e = page_size();
    unsigned int i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        check(named("a list of one at %s", bad[i].name), HYPERVISOR_multicall(bad[i].at, 1), -XEN_EFAULT);
        check(named("a list of 2^32 - 1 at %s", bad[i].name), HYPERVISOR_multicall(bad[i].at, ~0U),
              -XEN_EFAULT);
    }
    across("an unmapped", gap, false);
    across("a read-only", wall, true);
    memcpy(odd, &e, sizeof(e));
    check("a list that is not aligned", HYPERVISOR_multicall(odd, 1), 0);
    memcpy(&e, odd, sizeof(e));
    check("its answer", (long)e.result, 4096);
    e = trace(&seen);
    pv_protect(wall, 1, PV_PTE_P | PV_PTE_RW | PV_PTE_NX);
    memcpy(half, &e, sizeof(e));
    pv_protect(wall, 1, PV_PTE_P | PV_PTE_NX);
    check_state("a call whose answer's place is on a read-only page", HYPERVISOR_multicall(half, 1),
                -XEN_EFAULT,
                "it was executed, its place is as it was", seen.submap && half->result == 0xdead);
    place_end(gap);
    place_end(wall);
}
