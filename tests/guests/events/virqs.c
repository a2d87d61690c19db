/* virqs.c: each number of a virtual interrupt, as Xen knows them: bound, bound twice, on a wrong vcpu. The
 * class of bug: a table of numbers read behind its end, a binding that outlives its port. */
#include "events.h"

#include <string.h>

/* The kit's console waits for VIRQ_CONSOLE in the initial domain. */
static long free_or_taken(unsigned int virq)
{
    if (virq == VIRQ_TIMER)
        return -XEN_EEXIST;
    return virq == VIRQ_CONSOLE ? by_role(0, -XEN_EEXIST) : 0;
}

static void each(void)
{
    evtchn_port_t free_before = lowest_free(), port, again;
    unsigned int virq;

    for (virq = 0; virq < NR_VIRQS; virq++) {
        long rc = bind_virq(virq, 0, &port), want = free_or_taken(virq);

        check_state(named("bind_virq %u", virq), rc, want, want ? "no port opened" : "the lowest free port",
                    want ? lowest_free() == free_before : port == free_before);
        if (rc != 0)
            continue;
        rc = bind_virq(virq, 0, &again);
        check(named("bind_virq %u again", virq), rc, -XEN_EEXIST);
        if (rc == 0)
            close_port(again);
        close_port(port);
    }
}

static void wrong(void)
{
    static const struct { unsigned int virq, vcpu; long want; } rows[] = {
        { NR_VIRQS, 0, -XEN_EINVAL },
        { 25, 0, -XEN_EINVAL },
        { 0x7fffffff, 0, -XEN_EINVAL },
        { 0x80000000, 0, -XEN_EINVAL },
        { 0xffffffff, 0, -XEN_EINVAL },
        { NR_VIRQS, 999, -XEN_EINVAL },
        { VIRQ_TIMER, 999, -XEN_ENOENT },
        { VIRQ_DEBUG, 999, -XEN_ENOENT },
        { VIRQ_DEBUG, 0xffffffff, -XEN_ENOENT },
        { VIRQ_XENOPROF, 999, -XEN_ENOENT },
        { VIRQ_XENPMU, 999, -XEN_ENOENT },
        { VIRQ_CONSOLE, 999, -XEN_EINVAL },
        { VIRQ_DOM_EXC, 1, -XEN_EINVAL },
        { VIRQ_ARGO, 0xffffffff, -XEN_EINVAL },
        { 5, 999, -XEN_EINVAL },
        { 14, 999, -XEN_EINVAL },
        { VIRQ_ARCH_0, 999, -XEN_EINVAL },
        { VIRQ_ARCH_7, 1, -XEN_EINVAL },
    };
    evtchn_port_t free_before = lowest_free(), port;
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        long rc = bind_virq(rows[i].virq, rows[i].vcpu, &port);

        check_state(named("bind_virq %#x, vcpu %#x", rows[i].virq, rows[i].vcpu), rc, rows[i].want,
                    "no port opened",
                    lowest_free() == free_before);
    }
}

static void again(void)
{
    evtchn_port_t port, other = new_unbound();
    long rc;

    bind_virq(VIRQ_DEBUG, 0, &port);
    check("close a port of VIRQ_DEBUG", close_port(port), 0);
    close_port(other);
    rc = bind_virq(VIRQ_DEBUG, 0, &port);
    check_state("bind_virq of VIRQ_DEBUG after that", rc, 0, "at another port", port == other);
    check("bind_vcpu of a port of VIRQ_DEBUG", bind_vcpu(port, 0), -XEN_EINVAL);
    close_port(port);
    bind_virq(VIRQ_ARGO, 0, &port);
    check("bind_vcpu of a port of VIRQ_ARGO to vcpu 999", bind_vcpu(port, NO_VCPU), -XEN_ENOENT);
    check("bind_vcpu of a port of VIRQ_ARGO to vcpu 0", bind_vcpu(port, 0), 0);
    close_port(port);
}

void test_virqs(void)
{
    each();
    wrong();
    again();
}
